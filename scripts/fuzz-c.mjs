/**
 * `node scripts/fuzz-c.mjs [RUNS] [SEED]`: changed blobs and changed token files into the decoder in
 * C, changed blobs and changed sounds into the encoder, with weights of 8 and of 4 bits, compiled by
 * gcc and by clang 19 with the address and undefined-behaviour sanitizers. RUNS, 10000 unless it is
 * said, are those of decoder and encoder each, half of them by each compiler. A fault ends it with a
 * status other than 0 and the sanitizer's report.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { C_LIBRARY } from "./c-library.mjs";
import { prepare, root, run } from "./prepare.mjs";

const [runs = "10000", seed = "1"] = process.argv.slice(2);
const FLAGS = ["-std=gnu11", "-O2", "-g", "-ffp-contract=off", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const COMPILERS = ["gcc", "clang-19"].filter((compiler) => spawnSync(compiler, ["--version"]).status === 0);
const BITS = ["8", "4"];

/** Programs of embedded/test with the library. */
function compile(compiler, folder) {
  return ["fuzz", "fuzz_encoder"].map((name) => {
    const program = join(folder, `${name}-${compiler}`);
    run(compiler, [...FLAGS, "-Iembedded/include", ...C_LIBRARY, `embedded/test/${name}.c`, "-lm", "-o", program]);
    return program;
  });
}

async function writeInputs(folder) {
  const { openCodec, readAudio, writeTokenFile } = await import("@twelvehz/codec/node");
  const codec = await openCodec("compact");
  const sound = await readAudio(join(root, "examples/clips/english.flac"));
  const [tokens, samples] = ["clip.t12", "samples"].map((name) => join(folder, name));
  writeFileSync(tokens, writeTokenFile(await codec.encode(sound)));
  writeFileSync(samples, sound.samples);
  await codec.close();
  return [tokens, samples];
}

prepare();
if (COMPILERS.length === 0)
  throw new Error("Cannot fuzz: there is neither gcc nor clang-19; apt install gcc libc6-dev clang-19 libclang-rt-19-dev");
const folder = mkdtempSync(join(tmpdir(), "twelvehz-fuzz-c-"));
const inputs = await writeInputs(folder);
const command = join(root, "packages/cli/dist/main.js");
for (const bits of BITS)
  run(process.execPath, [command, "export-c", "compact", "--parts", "both", "--bits", bits, "-o", join(folder, bits)]);
const each = String(Math.ceil(Number(runs) / COMPILERS.length / BITS.length));
for (const compiler of COMPILERS) {
  const programs = compile(compiler, folder);
  for (const bits of BITS)
    for (const [i, program] of programs.entries()) run(program, [join(folder, bits, "t12d.bin"), inputs[i], each, seed]);
}
rmSync(folder, { recursive: true });
console.log(`${runs} runs of the decoder and as many of the encoder, by ${COMPILERS.join(" and ")}, seed ${seed}: no fault`);
