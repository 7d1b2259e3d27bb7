/**
 * `node scripts/fuzz-c.mjs [RUNS] [SEED]`: changed blobs and changed token files into the decoder
 * in C, compiled by gcc with the address and undefined-behaviour sanitizers. RUNS is 10000 unless
 * it is said. A fault ends it with a status other than 0 and the sanitizer's report.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

const [runs = "10000", seed = "1"] = process.argv.slice(2);
const SOURCES = ["embedded/src", "embedded/third_party/pffft"];
const FLAGS = ["-std=gnu11", "-O1", "-g", "-ffp-contract=off", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

prepare();
const folder = mkdtempSync(join(tmpdir(), "twelvehz-fuzz-c-"));
const command = join(root, "packages/cli/dist/main.js");
const [blob, tokens, program] = ["t12d.bin", "clip.t12", "fuzz"].map((name) => join(folder, name));
run(process.execPath, [command, "export-c", "compact", "-o", folder]);
run(process.execPath, [command, "encode", "examples/clips/english.flac", "-o", tokens]);
const files = SOURCES.flatMap((source) =>
  readdirSync(join(root, source))
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(source, name)),
);
run("gcc", [...FLAGS, "-Iembedded/include", ...files, "embedded/test/fuzz.c", "-lm", "-o", program]);
run(program, [blob, tokens, runs, seed]);
rmSync(folder, { recursive: true });
