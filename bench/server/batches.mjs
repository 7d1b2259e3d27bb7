/**
 * What frames computed together save: the network alone, without messages, in this thread. Frames
 * of one stream have more in common than frames of several (one state, one phase search), so that
 * this bounds what batches across streams could give.
 */
import { join } from "node:path";
import { openEngine, wasmBackend } from "@twelvehz/codec/internal";
import { folderFiles, modelFolder, readAudio } from "@twelvehz/codec/node";
import { codecModule } from "../../packages/codec/dist/node/codec-module.js";
import { root } from "../../scripts/prepare.mjs";
import { median, processorMs } from "../machine.mjs";

/** Frames that are computed at once; four is what an engine takes of a stream that is behind. */
const GROUPS = [1, 2, 4];
/** What batches across streams would have to be faster by. */
const WANTED_RATIO = 1.3;

/** @param options `rounds`: how often each is measured, in turn */
export async function measureBatches({ rounds }) {
  const engine = await openEngine(folderFiles(modelFolder("compact")), wasmBackend({ codecModule }));
  const { samplesPerFrame, layers } = engine.info;
  const { samples } = await readAudio(join(root, "examples/clips/english.flac"));
  const encoder = await engine.openEncoder();
  const codes = await encoder.push(samples);
  await encoder.reset();
  const decoder = await engine.openDecoder();
  const frames = Math.floor(codes.length / layers);
  const coders = {
    decode: { coder: decoder, input: codes, perFrame: layers },
    encode: { coder: encoder, input: samples, perFrame: samplesPerFrame },
  };
  const rows = [];
  for (const [kind, { coder, input, perFrame }] of Object.entries(coders)) {
    const times = GROUPS.map(() => []);
    const outputs = GROUPS.map(() => undefined);
    for (let round = -1; round < rounds; round++) {
      for (const [i, group] of GROUPS.entries()) {
        const [ms, output] = await processorMs(() => run(coder, input, frames, group * perFrame, perFrame));
        outputs[i] = output;
        if (round >= 0) times[i].push(ms / frames); // the first is slower
      }
    }
    const frameMs = times.map(median);
    const same = outputs.every((output) => output.equals(outputs[0]));
    for (const [i, group] of GROUPS.entries()) rows.push({ kind, group, frameMs: frameMs[i], faster: frameMs[0] / frameMs[i], same });
    console.log(`${kind}: ${GROUPS.map((group, i) => `${group} at once ${frameMs[i].toFixed(2)} ms a frame`).join(", ")}`);
  }
  await engine.close();
  return { rounds, frames, wantedRatio: WANTED_RATIO, rows };
}

async function run(coder, input, frames, size, perFrame) {
  const parts = [];
  for (let at = 0; at < frames * perFrame; at += size)
    parts.push(await coder.push(input.subarray(at, Math.min(frames * perFrame, at + size))));
  parts.push(await coder.flush());
  return Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength)));
}
