/**
 * `node bench/long-file.mjs [HOURS]`: a round trip of a file of 2 hours by the command, in a fresh
 * process. Writes bench/results/long-file.json: peak memory and time. Takes minutes, and 700 MB in
 * the temporary folder.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAudio, WavFileWriter } from "@twelvehz/codec/node";
import { root } from "../scripts/prepare.mjs";
import { measuredOn } from "./machine.mjs";

const hours = Number(process.argv[2] ?? 2);
const folder = mkdtempSync(join(tmpdir(), "twelvehz-long-"));
const input = join(folder, "long.wav");

async function writeInput() {
  const { samples, sampleRate } = await readAudio(join(root, "examples/clips/english.flac"));
  const writer = await WavFileWriter.open(input, { sampleRate });
  while (writer.sampleCount < hours * 3600 * sampleRate) await writer.write(samples);
  await writer.commit();
}

/** Runs the command in a process that says at its end how much memory it had at most. */
function roundTrip() {
  const hook = `process.on("exit", () => process.stderr.write("peak " + process.resourceUsage().maxRSS + "\\n"));`;
  const args = ["--import", `data:text/javascript,${encodeURIComponent(hook)}`, join(root, "packages/cli/dist/main.js")];
  const result = spawnSync(
    process.execPath,
    [...args, "roundtrip", input, "-o", join(folder, "out.wav"), "--codes", join(folder, "out.t12"), "--json"],
    { encoding: "utf8" },
  );
  if (result.status !== 0) throw new Error(result.stderr);
  return { report: JSON.parse(result.stdout), peakMegabytes: Number(/peak (\d+)/.exec(result.stderr)[1]) / 1024 };
}

await writeInput();
const { report, peakMegabytes } = roundTrip();
const results = {
  measured: measuredOn("node bench/long-file.mjs"),
  hours,
  peakMegabytes,
  encodeSeconds: report.encodeSeconds,
  decodeSeconds: report.decodeSeconds,
  tokenFileBytes: statSync(join(folder, "out.t12")).size,
};
rmSync(folder, { recursive: true });
writeFileSync(join(root, "bench/results/long-file.json"), `${JSON.stringify(results, null, 2)}\n`);
console.log(
  `${hours} h: peak ${peakMegabytes.toFixed(0)} MB, encoded in ${report.encodeSeconds.toFixed(0)} s, decoded in ${report.decodeSeconds.toFixed(0)} s, ${(results.tokenFileBytes / 1e6).toFixed(2)} MB of codes`,
);
