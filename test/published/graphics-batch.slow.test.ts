/**
 * Streams of one model in one run on a graphics card, played by SwiftShader: fewer runs, the same
 * bits. The network is the smallest that has every kind of kernel.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "@twelvehz/codec/internal";
import { Codec, Codes, folderFiles } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { uniform, writeSeededCheckpoint } from "../reference/seeded-checkpoint.mjs";
import { ALL_PASSED, graphicsNote, hasGraphics, openTestCard, requestFor, SMALLEST_CONFIG } from "../support/graphics.ts";
import { joined } from "../support/pieces.ts";
import { backend, TINY_CODEBOOK, TINY_LAYERS } from "../support/published.ts";

/** Frames of a run of one stream: `GROUP` of graphics-decoders.ts. */
const GROUP = 4;

function drawnCodes(name: string, frames: number): Codes {
  const data = Int16Array.from(uniform(name, frames * TINY_LAYERS, 0, TINY_CODEBOOK, 7), Math.floor);
  return new Codes(data, TINY_LAYERS, { codebookSize: TINY_CODEBOOK });
}

describe.skipIf(!hasGraphics)(`streams that share runs on a graphics card${graphicsNote}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-batch-"));
  let engine: Awaited<ReturnType<typeof openEngine>>;
  let codec: Codec;
  let runs = 0;
  let buffers = 0;
  beforeAll(async () => {
    writeSeededCheckpoint(folder, SMALLEST_CONFIG, 3);
    const card = await openTestCard();
    const { device } = card;
    const { queue } = device;
    const submit = queue.submit.bind(queue);
    queue.submit = (commands) => {
      runs++;
      submit(commands);
    };
    const create = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = create(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      buffers++;
      buffer.destroy = () => {
        buffers--;
        destroy();
      };
      return buffer;
    };
    const graphics = { ...requestFor(async () => card, true), passed: ALL_PASSED }; // graphics.slow.test.ts makes the check
    engine = await openEngine(folderFiles(folder), { ...backend(), graphics });
    codec = new Codec(engine);
  });
  afterAll(async () => {
    await codec?.close();
    rmSync(folder, { recursive: true });
  });

  it("decodeBatch gives what each clip gives alone, to the bit, in a fraction of the runs", async () => {
    const lengths = [5, 1, 7, 3];
    const clips = lengths.map((frames, i) => drawnCodes(`clip ${i}`, frames));
    const alone: Float32Array[] = [];
    const before = runs;
    for (const clip of clips) alone.push((await codec.decode(clip)).samples);
    const runsAlone = runs - before;
    expect(runsAlone).toBe(lengths.reduce((sum, frames) => sum + Math.ceil(frames / GROUP), 0));
    const together = await codec.decodeBatch(clips);
    expect(together.map(({ samples }) => samples)).toEqual(alone);
    const longest = Math.ceil(Math.max(...lengths) / GROUP);
    expect(runs - before - runsAlone).toBeLessThanOrEqual(longest + 1); // the first may begin before the others have joined
  });

  it("joins and leaves change no bit of the others, and what more streams took is given back", async () => {
    const codes = Array.from({ length: 6 }, (_, i) => drawnCodes(`stream ${i}`, 4));
    await codec.decode(codes[0].slice(0, 1)); // the room of one run stays
    const before = buffers;
    const whole = await codec.decodeBatch(codes);
    const cuts = [[1, 3], [4], [2, 2], [3, 1], [1, 2, 1], [1, 1, 1, 1]];
    const found = await Promise.all(
      codes.map(async (clip, i) => {
        const stream = codec.openDecodeStream();
        const parts: Float32Array[] = [];
        let at = 0;
        for (const length of cuts[i]) parts.push(await stream.push(clip.slice(at, (at += length))));
        await stream.close();
        return joined(parts);
      }),
    );
    expect(found).toEqual(whole.map(({ samples }) => samples));
    expect(buffers).toBe(before);
  });

  it("a slot is given to others only when what was asked of its stream is done", async () => {
    const [one, other] = [drawnCodes("one", 5), drawnCodes("other", 2)];
    const wanted = (await codec.decodeBatch([one, other])).map(({ samples }) => samples);
    const first = await engine.openDecoder();
    const decoding = first.push(one.data);
    await first.close();
    const second = await engine.openDecoder();
    expect(await Promise.all([decoding, second.push(other.data)])).toEqual(wanted);
    await second.close();
  });
});
