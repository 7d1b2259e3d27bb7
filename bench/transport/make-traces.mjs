/**
 * Makes packages/transport/src/sim/loss-traces.ts: losses as real networks have them, by `lossgen` of
 * Opus, a network that Amazon trained on the traces of the PLC challenge of Microsoft (BSD-3).
 *
 *     node bench/transport/make-traces.mjs OPUS
 *
 * OPUS is the source of libopus 1.6.1 with the weights of its networks, as the crate opusic-sys 0.7.7
 * has it in its folder `opus`. A C compiler is needed; the traces depend on its library's rand().
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { root } from "../../scripts/prepare.mjs";

const PERCENTS = [10, 20, 30];
const PACKETS = 6000;
const OUT = "packages/transport/src/sim/loss-traces.ts";

const [opus] = process.argv.slice(2);
if (!opus) throw new Error("Give the folder of the source of libopus 1.6.1");
const source = (path) => join(resolve(opus), path);
const folder = mkdtempSync(join(tmpdir(), "twelvehz-lossgen-"));
const program = join(folder, "lossgen");
const parts = ["lossgen_demo.c", "lossgen.c", "lossgen_data.c"].map((name) => source(`dnn/${name}`));
const includes = ["", "dnn", "celt", "include"].map((name) => `-I${source(name)}`);
execFileSync("cc", ["-O2", "-w", ...includes, ...parts, "-lm", "-o", program], { stdio: "inherit" });

/** One bit a packet, the lowest first, as base64. */
function trace(percent) {
  const lost = execFileSync(program, [String(percent), String(PACKETS)], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map(Number);
  const bytes = Buffer.alloc(Math.ceil(lost.length / 8));
  for (const [i, bit] of lost.entries()) bytes[i >> 3] |= bit << (i & 7);
  return bytes.toString("base64");
}

const lines = PERCENTS.map((percent) => `  "lossgen-${percent}": "${trace(percent)}",`);
writeFileSync(
  join(root, OUT),
  `/**
 * Losses of ${PACKETS} packets each as real networks have them, one bit a packet, the lowest first: by
 * \`lossgen\` of libopus 1.6.1 (BSD-3-Clause, Copyright (c) 2023 Amazon), a network that was trained on
 * recorded traces. Made by \`node bench/transport/make-traces.mjs OPUS\`.
 */
export const LOSS_TRACES = {
${lines.join("\n")}
} as const;
`,
);
rmSync(folder, { recursive: true });
