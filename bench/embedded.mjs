/**
 * `node bench/embedded.mjs`: decoder and encoder in C on an emulated Cortex-M7 (QEMU, mps2-an500)
 * with 1 MB of memory: instructions of a frame, sizes, how far its sound is from that of
 * TypeScript, and that the loops in assembly give the bits of those in C. QEMU
 * models neither caches nor flash nor cycles. Needs qemu-system-arm, gcc-arm-none-eabi and
 * libnewlib-arm-none-eabi. Writes bench/results/embedded.json.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { exportC, openCodec, readAudio } from "@twelvehz/codec/node";
import { prepare, root } from "../scripts/prepare.mjs";
import { measuredOn } from "./machine.mjs";

const FRAMES = 28;
const RUNS = [
  { batch: 1, flags: [] },
  { batch: 4, flags: [] },
  { batch: 1, flags: ["-DT12_PLAIN_C"] },
];
const FRAME_SAMPLES = 1920;
const MACHINE = ["-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard", "-mthumb"];
const FLAGS = ["-std=gnu99", "-O2", "-ffp-contract=off", "-fno-math-errno", "-ffunction-sections", "-fdata-sections"];
/** The files of the library. */
const LIBRARY = ["embedded/src", "embedded/third_party/pffft"].flatMap((source) =>
  readdirSync(join(root, source))
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(root, source, name)),
);
const QEMU = "-M mps2-an500 -nographic -monitor none -serial null -semihosting-config enable=on,target=native -icount shift=0".split(" ");

function build(folder, main, batch, flags) {
  const files = [...LIBRARY, ...["startup.c", main].map((name) => join(root, "embedded/qemu", name))];
  const linking = ["-nostartfiles", "--specs=rdimon.specs", "-T", join(root, "embedded/qemu/mps2-an500.ld"), "-Wl,--gc-sections", "-lm"];
  const includes = [`-I${join(root, "embedded/include")}`, `-I${folder}`];
  const program = join(folder, `count-${batch}.elf`);
  execFileSync(
    "arm-none-eabi-gcc",
    [...MACHINE, ...FLAGS, ...flags, `-DT12_BATCH=${batch}u`, ...includes, ...files, ...linking, "-o", program],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  return program;
}

/**
 * Bytes of the library's code and constants: what its object files hold, without what the C library
 * adds.
 */
function codeBytes(folder) {
  const objects = LIBRARY.map((source) => [source, join(folder, basename(source).replace(".c", ".o"))]);
  for (const [source, object] of objects)
    execFileSync("arm-none-eabi-gcc", [...MACHINE, ...FLAGS, `-I${join(root, "embedded/include")}`, "-c", source, "-o", object], {
      stdio: ["ignore", "ignore", "pipe"],
    });
  const sizes = execFileSync(
    "arm-none-eabi-size",
    objects.map(([, object]) => object),
    { encoding: "utf8" },
  )
    .trim()
    .split("\n")
    .slice(1);
  return sizes.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[0]), 0);
}

function emulate(program, folder, input) {
  const load = (file, address) => ["-device", `loader,file=${join(folder, file)},addr=${address},force-raw=on`];
  const args = [...QEMU, ...load("t12d.bin", "0x60000000"), ...load(input, "0x60F00000"), "-kernel", program];
  return JSON.parse(execFileSync("qemu-system-arm", args, { cwd: folder, encoding: "utf8" }));
}

function differenceDb(found, wanted) {
  const error = wanted.reduce((sum, x, i) => sum + (found[i] / 32768 - x) ** 2, 0);
  return 10 * Math.log10(error / wanted.reduce((sum, x) => sum + x * x, 0));
}

/** What a program on the emulator takes: a count, then numbers of 16 bits. */
function writeInput(path, count, numbers) {
  writeFileSync(path, Buffer.concat([new Uint8Array(Uint32Array.of(count).buffer), new Uint8Array(numbers.slice().buffer)]));
}

/** Numbers of 16 bits that a program has written. */
function readOutput(path) {
  const bytes = readFileSync(path);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

async function decoderRuns(folder, codes, samples) {
  const { blobBytes, weightBytesPerFrame } = await exportC("compact", folder);
  writeInput(join(folder, "codes.bin"), codes.frames, codes.data);
  const sounds = [];
  const runs = RUNS.map(({ batch, flags }) => {
    const counted = emulate(build(folder, "count.c", batch, flags), folder, "codes.bin");
    const found = readOutput(join(folder, "samples.pcm"));
    sounds.push(found);
    const wanted = samples.subarray(0, found.length);
    return { batch, flags, ...counted, weightBytes: weightBytesPerFrame[batch], differenceDb: differenceDb(found, wanted) };
  });
  if (!sounds.every((sound) => sound.every((sample, i) => sample === sounds[0][i]))) throw new Error("assembly and C differ");
  return { blobBytes, runs };
}

async function encoderRun(folder, sound, codes) {
  const { blobBytes, weightBytesPerFrame } = await exportC("compact", folder, { parts: "encoder" });
  const pcm = Int16Array.from(sound.samples.subarray(0, codes.frames * FRAME_SAMPLES), (x) => Math.round(x * 32767));
  writeInput(join(folder, "samples.bin"), pcm.length, pcm);
  const counted = emulate(build(folder, "count_encoder.c", 1, []), folder, "samples.bin");
  const found = readOutput(join(folder, "codes.out"));
  const equal = found.reduce((count, code, i) => count + (code === codes.data[i] ? 1 : 0), 0);
  return { ...counted, blobBytes, weightBytes: weightBytesPerFrame[1], equalCodes: equal / found.length };
}

async function main() {
  prepare();
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-embedded-"));
  const codec = await openCodec("compact", { backend: "onnx" });
  const sound = await readAudio(join(root, "examples/clips/english.flac"));
  const codes = (await codec.encode(sound)).slice(0, FRAMES);
  const { samples } = await codec.decode(codes);
  await codec.close();
  const { blobBytes, runs } = await decoderRuns(folder, codes, samples);
  const encoder = await encoderRun(folder, sound, codes);
  const code = codeBytes(folder);
  rmSync(folder, { recursive: true });
  const compiler = execFileSync("arm-none-eabi-gcc", ["-dumpversion"], { encoding: "utf8" }).trim();
  const qemu = execFileSync("qemu-system-arm", ["--version"], { encoding: "utf8" }).match(/version (\S+)/)[1];
  const results = {
    measured: { ...measuredOn("node bench/embedded.mjs"), compiler, qemu },
    blobBytes,
    codeBytes: code,
    frames: codes.frames,
    runs,
    encoder,
  };
  writeFileSync(join(root, "bench/results/embedded.json"), `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(JSON.stringify(results, undefined, 2));
}

await main();
