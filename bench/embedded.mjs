/**
 * `node bench/embedded.mjs`: the decoder in C on an emulated Cortex-M7 (QEMU, mps2-an500) with 1 MB
 * of memory: instructions of a frame, sizes, and how far its sound is from that of TypeScript. QEMU
 * models neither caches nor flash nor cycles. Needs qemu-system-arm, gcc-arm-none-eabi and
 * libnewlib-arm-none-eabi. Writes bench/results/embedded.json.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportC, openCodec, readAudio } from "@twelvehz/codec/node";
import { prepare, root } from "../scripts/prepare.mjs";
import { measuredOn } from "./machine.mjs";

const FRAMES = 28;
const BATCHES = [1, 4];
const MACHINE = ["-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard", "-mthumb"];
const FLAGS = ["-std=gnu99", "-O2", "-ffp-contract=off", "-fno-math-errno", "-ffunction-sections", "-fdata-sections"];
const SOURCES = ["embedded/src", "embedded/third_party/pffft", "embedded/qemu"];
const QEMU = "-M mps2-an500 -nographic -monitor none -serial null -semihosting-config enable=on,target=native -icount shift=0".split(" ");

function build(folder, batch) {
  const files = SOURCES.flatMap((source) =>
    readdirSync(join(root, source))
      .filter((name) => name.endsWith(".c"))
      .map((name) => join(root, source, name)),
  );
  const linking = ["-nostartfiles", "--specs=rdimon.specs", "-T", join(root, "embedded/qemu/mps2-an500.ld"), "-Wl,--gc-sections", "-lm"];
  const includes = [`-I${join(root, "embedded/include")}`, `-I${folder}`];
  const program = join(folder, `count-${batch}.elf`);
  execFileSync("arm-none-eabi-gcc", [...MACHINE, ...FLAGS, `-DT12_BATCH=${batch}u`, ...includes, ...files, ...linking, "-o", program], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  return program;
}

/**
 * Bytes of the library's code and constants: what its object files hold, without what the C library
 * adds.
 */
function codeBytes(folder) {
  const objects = SOURCES.slice(0, 2).flatMap((source) =>
    readdirSync(join(root, source))
      .filter((name) => name.endsWith(".c"))
      .map((name) => [join(root, source, name), join(folder, name.replace(".c", ".o"))]),
  );
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

function emulate(program, folder) {
  const load = (file, address) => ["-device", `loader,file=${join(folder, file)},addr=${address},force-raw=on`];
  const args = [...QEMU, ...load("t12d.bin", "0x60000000"), ...load("codes.bin", "0x60F00000"), "-kernel", program];
  return JSON.parse(execFileSync("qemu-system-arm", args, { cwd: folder, encoding: "utf8" }));
}

function differenceDb(found, wanted) {
  const error = wanted.reduce((sum, x, i) => sum + (found[i] / 32768 - x) ** 2, 0);
  return 10 * Math.log10(error / wanted.reduce((sum, x) => sum + x * x, 0));
}

async function main() {
  prepare();
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-embedded-"));
  const { blobBytes, weightBytesPerFrame } = await exportC("compact", folder);
  const codec = await openCodec("compact");
  const sound = await readAudio(join(root, "examples/clips/english.flac"));
  const codes = (await codec.encode(sound)).slice(0, FRAMES);
  const { samples } = await codec.decode(codes);
  await codec.close();
  writeFileSync(
    join(folder, "codes.bin"),
    Buffer.concat([new Uint8Array(Uint32Array.of(codes.frames).buffer), new Uint8Array(codes.data.slice().buffer)]),
  );
  const runs = BATCHES.map((batch) => {
    const program = build(folder, batch);
    const counted = emulate(program, folder);
    const pcm = readFileSync(join(folder, "samples.pcm"));
    const found = new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length));
    const wanted = samples.subarray(0, found.length);
    return { batch, ...counted, weightBytes: weightBytesPerFrame[batch], differenceDb: differenceDb(found, wanted) };
  });
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
  };
  writeFileSync(join(root, "bench/results/embedded.json"), `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(JSON.stringify(results, undefined, 2));
}

await main();
