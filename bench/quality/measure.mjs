/**
 * Quality on a folder of speech, by the published measures: sends every clip through the codec with 16, 8 and 4 layers, and through Opus where
 * `opusenc` and `opusdec` are on the PATH, and has score.py compare.
 *
 *     node bench/quality/measure.mjs FOLDER [--python python3] [-o bench/results/quality.json]
 *
 * Clips are cut at 12 s. Needs Python with numpy, soundfile, pesq and pystoi.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openCodec, writeAudio } from "@twelvehz/codec/node";
import { root } from "../../scripts/prepare.mjs";
import { LONGEST_SECONDS, readClip, soundFiles } from "../clips.mjs";
import { measuredOn } from "../machine.mjs";

const LAYERS = [16, 8, 4];
const OPUS_KILOBITS = [6, 8, 12, 16];

const nameOfOpus = (kilobits) => `opus-${kilobits}`;

function hasOpus() {
  return spawnSync("opusenc", ["--version"]).status === 0 && spawnSync("opusdec", ["--version"]).status === 0;
}

/** Writes `NAME.opus-RATE.wav`: hard constant bit rate, tuned for speech; opusdec takes the delay out. */
function opusRoundTrip(folder, name, kilobits) {
  const packed = join(folder, `${name}.opus`);
  const steps = [
    ["opusenc", ["--quiet", "--speech", "--hard-cbr", "--bitrate", String(kilobits), join(folder, `${name}.reference.wav`), packed]],
    ["opusdec", ["--quiet", "--float", "--rate", "24000", packed, join(folder, `${name}.${nameOfOpus(kilobits)}.wav`)]],
  ];
  for (const [program, args] of steps) if (spawnSync(program, args).status !== 0) throw new Error(`${program} failed on ${name}`);
}

/** Writes `NAME.reference.wav` and `NAME.LAYERS.wav` for a clip. */
async function roundTrips(codec, file, folder, name) {
  const audio = await readClip(file);
  await writeAudio(join(folder, `${name}.reference.wav`), audio, { float: true });
  const codes = await codec.encode(audio);
  for (const layers of LAYERS)
    await writeAudio(join(folder, `${name}.${layers}.wav`), await codec.decode(codes, { layers }), { float: true });
}

function score(python, folder, codecs) {
  const script = join(dirname(fileURLToPath(import.meta.url)), "score.py");
  const result = spawnSync(python, [script, folder, ...codecs], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (result.status !== 0) throw new Error(`Cannot score: ${python} ended with status ${result.status}`);
  return JSON.parse(result.stdout);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      python: { type: "string", default: "python3" },
      output: { type: "string", short: "o", default: join(root, "bench/results/quality.json") },
      model: { type: "string" },
    },
  });
  const [clips] = positionals;
  if (!clips) throw new Error("Usage: node bench/quality/measure.mjs FOLDER [--python python3] [--model compact] [-o FILE]");
  const files = soundFiles(clips);
  const folder = mkdtempSync(join(tmpdir(), "twelvehz-quality-"));
  const codec = await openCodec(values.model);
  for (const [i, file] of files.entries()) await roundTrips(codec, join(clips, file), folder, String(i));
  await codec.close();
  const opus = hasOpus() ? OPUS_KILOBITS : [];
  for (const kilobits of opus) for (const i of files.keys()) opusRoundTrip(folder, String(i), kilobits);
  const { versions, scores } = score(values.python, folder, [...LAYERS.map(String), ...opus.map(nameOfOpus)]);
  const layers = LAYERS.map((count) => ({ layers: count, ...scores[count] }));
  const baselines = opus.map((kilobits) => ({ name: `Opus ${kilobits} kbit/s`, kilobits, ...scores[nameOfOpus(kilobits)] }));
  rmSync(folder, { recursive: true });
  const results = {
    measured: { ...measuredOn("node bench/quality/measure.mjs FOLDER"), ...versions },
    model: codec.info.name,
    clips: files.length,
    longestSeconds: LONGEST_SECONDS,
    layers,
    baselines,
  };
  writeFileSync(values.output, `${JSON.stringify(results, null, 2)}\n`);
  for (const row of [...layers, ...baselines])
    console.log(
      `${row.name ?? `${row.layers} layers`}: PESQ-WB ${row.pesqWb.toFixed(3)}, PESQ-NB ${row.pesqNb.toFixed(3)}, STOI ${row.stoi.toFixed(4)}, ESTOI ${row.estoi.toFixed(4)}`,
    );
}

await main();
