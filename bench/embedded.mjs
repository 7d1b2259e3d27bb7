/**
 * Encoder and decoder in C for small devices, measured; writes bench/results/embedded.json.
 *
 *     node bench/embedded.mjs [--work FOLDER]
 *     node bench/embedded.mjs --speech FOLDER [--python python3] [--work FOLDER] [--every N]
 *     node bench/embedded.mjs --frames 2
 *
 * The first runs them on an emulated Cortex-M7 with 1 MB of memory: instructions of a frame, cycles
 * by LLVM's model of the processor, sizes, the stack, how far the sound is from that of TypeScript,
 * and that the loops in assembly give the bits of those in C. The second decodes and encodes a folder
 * of speech by the library as it is compiled for devices and for hosts, and compares by PESQ and STOI
 * (bench/embedded/held-out.mjs). Each keeps what the other has measured. The third counts a few
 * frames, tells, and writes nothing. With --work an interrupted run goes on. Needs
 *
 *     apt install gcc qemu-system-arm gcc-arm-none-eabi libnewlib-arm-none-eabi llvm-19
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { exportC, openCodec, readAudio } from "@twelvehz/codec/node";
import { prepare, root } from "../scripts/prepare.mjs";
import { hasModel, modelCycles, modelVersion } from "./embedded/cycles.mjs";
import { buildForBoard, codeBytes, compileExamples, emulate, hasEmulator, readOutput, versions, writeInput } from "./embedded/emulator.mjs";
import { differenceDb, measureHeldOut, once } from "./embedded/held-out.mjs";
import { measuredOn } from "./machine.mjs";

const RESULTS = join(root, "bench/results/embedded.json");
const FRAMES = 28;
/** Inputs of the model of cycles: what the longer takes more is the work of its further frames. */
const [FEW_FRAMES, MANY_FRAMES] = [4, 12];
const FRAME_SAMPLES = 1920;
const PLAIN = ["-DT12_PLAIN_C"];
const DECODERS = [
  { batch: 1, bits: 8, flags: [] },
  { batch: 4, bits: 8, flags: [] },
  { batch: 1, bits: 8, flags: PLAIN },
  { batch: 1, bits: 4, flags: [] },
  { batch: 4, bits: 4, flags: [] },
  { batch: 1, bits: 4, flags: PLAIN },
];
const ENCODERS = [
  { batch: 1, bits: 8, flags: [] },
  { batch: 1, bits: 8, flags: PLAIN },
  { batch: 1, bits: 4, flags: [] },
  { batch: 1, bits: 4, flags: PLAIN },
];

/** The same numbers from every run of as many bits. */
function checkEqual(outputs, what) {
  for (const { bits, found } of outputs) {
    const first = outputs.find((output) => output.bits === bits).found;
    if (first.length !== found.length || first.some((x, i) => x !== found[i])) throw new Error(`The ${what} in assembly and in C differ`);
  }
}

/** One half of the codec: how its program is fed, and what it gives. */
const HALVES = {
  decoder: {
    main: "count.c",
    output: "samples.pcm",
    write: (path, frames, { codes }) => writeInput(path, frames, codes.slice(0, frames).data),
  },
  encoder: {
    main: "count_encoder.c",
    output: "codes.out",
    write: (path, frames, { pcm }) => writeInput(path, frames * FRAME_SAMPLES, pcm.subarray(0, frames * FRAME_SAMPLES)),
  },
};

/**
 * Counts every configuration of a half.
 * @param blobs folder and export by bits
 * @param withCycles whether to ask the model of cycles, too
 */
async function countAll(half, configurations, blobs, clip, options) {
  const runs = [];
  for (const { batch, bits, flags } of configurations) {
    const exported = blobs.get(bits);
    const kept = join(exported.folder, ["run", batch, ...flags].join("-"));
    runs.push(await once(kept, () => count(HALVES[half], { batch, bits, flags }, exported, clip, options)));
  }
  checkEqual(runs, half);
  return runs;
}

/** Counts one configuration; `found` is what its program gives. */
function count({ main, output, write }, { batch, bits, flags }, { folder, blobBytes, weightBytesPerFrame }, clip, { frames, withCycles }) {
  for (const few of [frames, FEW_FRAMES, MANY_FRAMES]) write(join(folder, `input-${few}`), few, clip);
  const program = buildForBoard(folder, main, batch, flags);
  const counted = emulate(program, folder, `input-${frames}`);
  const found = [...readOutput(join(folder, output))];
  const inputs = [FEW_FRAMES, MANY_FRAMES].map((few) => `input-${few}`);
  const model = withCycles ? modelCycles(program, folder, inputs, MANY_FRAMES - FEW_FRAMES) : undefined;
  const cycles = model && Math.round(model.cycles);
  return { batch, bits, flags, ...counted, cycles, blobBytes, weightBytes: weightBytesPerFrame[batch], found };
}

async function exportBits(place, parts, configurations) {
  const blobs = new Map();
  for (const bits of new Set(configurations.map((configuration) => configuration.bits))) {
    const folder = join(place, `${parts}-${bits}`);
    blobs.set(bits, { folder, ...(await exportC("compact", folder, { parts, bits })) });
  }
  return blobs;
}

/** A clip as samples and codes, and what TypeScript makes of the codes. */
async function readClip(frames) {
  const codec = await openCodec("compact", { backend: "onnx" });
  const sound = await readAudio(join(root, "examples/clips/english.flac"));
  const codes = (await codec.encode(sound)).slice(0, Math.max(frames, MANY_FRAMES));
  const { samples } = await codec.decode(codes.slice(0, frames));
  await codec.close();
  const pcm = Int16Array.from(sound.samples, (x) => Math.round(x * 32767));
  return { codes, samples, pcm };
}

/** Every configuration, or with `isShort` what shows that assembly and C agree. */
async function onTheBoard(frames, isShort, work) {
  if (!hasEmulator()) throw new Error("Cannot emulate a board: apt install qemu-system-arm gcc-arm-none-eabi libnewlib-arm-none-eabi");
  if (!isShort && !hasModel()) throw new Error("Cannot count cycles: there is no llvm-mca-19; apt install llvm-19");
  const place = work ?? mkdtempSync(join(tmpdir(), "twelvehz-embedded-"));
  mkdirSync(place, { recursive: true });
  const clip = await readClip(frames);
  const [ofDecoder, ofEncoder] = isShort ? [DECODERS.filter(({ batch }) => batch === 1), ENCODERS.slice(0, 2)] : [DECODERS, ENCODERS];
  const decoderBlobs = await exportBits(place, "decoder", ofDecoder);
  const encoderBlobs = await exportBits(place, "encoder", ofEncoder);
  compileExamples(decoderBlobs.get(8).folder);
  const options = { frames, withCycles: !isShort };
  const decoders = await countAll("decoder", ofDecoder, decoderBlobs, clip, options);
  const encoders = await countAll("encoder", ofEncoder, encoderBlobs, clip, options);
  const code = codeBytes(place);
  const bothBlobBytes = {};
  for (const bits of isShort ? [] : [8, 4])
    bothBlobBytes[bits] = (await exportC("compact", join(place, "both"), { parts: "both", bits })).blobBytes;
  if (!work) rmSync(place, { recursive: true });
  return {
    codeBytes: code,
    frames,
    bothBlobBytes,
    decoders: decoders.map(({ found, ...run }) => ({
      ...run,
      differenceDb:
        run.bits === 8
          ? differenceDb(
              Float32Array.from(found, (x) => x / 32768),
              clip.samples.subarray(0, found.length),
            )
          : undefined,
    })),
    encoders: encoders.map(({ found, ...run }) => ({
      ...run,
      equalCodes: run.bits === 8 ? found.filter((code, i) => code === clip.codes.data[i]).length / found.length : undefined,
    })),
  };
}

function keep(changes) {
  const before = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, "utf8")) : {};
  writeFileSync(RESULTS, `${JSON.stringify({ ...before, ...changes }, undefined, 2)}\n`);
}

async function main() {
  const { values } = parseArgs({
    options: {
      frames: { type: "string" },
      speech: { type: "string" },
      python: { type: "string", default: "python3" },
      work: { type: "string" },
      every: { type: "string", default: "1" },
    },
  });
  prepare();
  if (values.speech) {
    const command = `node bench/embedded.mjs --speech FOLDER${values.every === "1" ? "" : ` --every ${values.every}`}`;
    const found = await measureHeldOut(values.speech, { ...values, every: Number(values.every) });
    keep({ heldOut: { measured: measuredOn(command), ...found } });
    console.log(JSON.stringify(found, undefined, 2));
  } else if (values.frames) {
    console.log(JSON.stringify(await onTheBoard(Number(values.frames), true)));
  } else {
    const found = await onTheBoard(FRAMES, false, values.work);
    keep({ measured: { ...measuredOn("node bench/embedded.mjs"), ...versions(), llvm: modelVersion() }, ...found });
    console.log(JSON.stringify(found, undefined, 2));
  }
}

await main();
