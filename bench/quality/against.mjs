/**
 * Does a change of the decoder change how it sounds? Encodes a folder of speech, decodes the codes by
 * this tree and by an earlier revision of it, with some layers, and has score.py compare both
 * with what went in. Writes bench/results/phase-order.json: the order of phases was what changed last.
 *
 *     node bench/quality/against.mjs REVISION FOLDER [--layers 16,8,4] [--python python3] [--work FOLDER]
 *
 * Clips are cut at 12 s. With --work an interrupted run goes on. Needs Python with numpy, soundfile,
 * soxr, pesq and pystoi.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openCodec, readTokenFile, writeAudio, writeTokenFile } from "@twelvehz/codec/node";
import { root } from "../../scripts/prepare.mjs";
import { LONGEST_SECONDS, readClip, soundFiles } from "../clips.mjs";
import { measuredOn, meanGain } from "../machine.mjs";
import { withRevision } from "../revision.mjs";
import { score } from "./score.mjs";

const EVERY_LAYERS = "16,8,4";
const CODES = ".t12";
const MEASURES = ["pesqWb", "pesqNb", "stoi", "estoi"];
const PLACE = "bench/quality/against.mjs";

/** Writes a file unless it is there, whole or not at all. */
async function once(path, content) {
  if (existsSync(path)) return;
  writeFileSync(`${path}.part`, await content());
  renameSync(`${path}.part`, path);
}

async function writeSound(path, sound) {
  if (!existsSync(path)) await writeAudio(path, await sound(), { float: true });
}

/** NAME.reference.wav and NAME.t12 of all clips. */
async function encodeAll(speech, folder) {
  const codec = await openCodec("compact");
  for (const [i, file] of soundFiles(speech).entries()) {
    const name = join(folder, String(i).padStart(3, "0"));
    const clip = await readClip(join(speech, file));
    await writeSound(`${name}.reference.wav`, () => clip);
    await once(name + CODES, async () => writeTokenFile(await codec.encode(clip)));
  }
  await codec.close();
}

const clipsIn = (folder) => readdirSync(folder).filter((name) => name.endsWith(CODES));

/** Where the sound of a clip's codes lies. */
function soundPath(folder, file, tree, layers) {
  return join(folder, `${file.slice(0, -CODES.length)}.${tree}-${layers}.wav`);
}

function isDecoded(folder, tree, layers) {
  return clipsIn(folder).every((file) => layers.every((count) => existsSync(soundPath(folder, file, tree, count))));
}

/** NAME.TREE-LAYERS.wav of all codes; runs in the tree that it is to measure. */
async function decodeAll(folder, tree, layers) {
  const codec = await openCodec("compact");
  for (const file of clipsIn(folder)) {
    const { codes } = readTokenFile(readFileSync(join(folder, file)));
    for (const count of layers) await writeSound(soundPath(folder, file, tree, count), () => codec.decode(codes, { layers: count }));
  }
  await codec.close();
}

function decodeIn(tree, folder, name, layers) {
  const { status } = spawnSync(process.execPath, [join(tree, PLACE), "--decode", name, "--layers", layers.join(), folder], {
    cwd: tree,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error(`Cannot decode: the program ended with status ${status}`);
}

async function scored(python, folder, suffix) {
  const path = join(folder, `${suffix}.json`);
  await once(path, () => JSON.stringify(score(python, folder, [suffix])));
  const { versions, scores, each } = JSON.parse(readFileSync(path, "utf8"));
  return { versions, means: scores[suffix], each: each[suffix] };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      python: { type: "string", default: "python3" },
      work: { type: "string" },
      decode: { type: "string" },
      layers: { type: "string", default: EVERY_LAYERS },
    },
  });
  const layers = values.layers.split(",").map(Number);
  if (values.decode) return decodeAll(positionals[0], values.decode, layers);
  if (positionals.length !== 2) throw new Error(`Usage: node ${PLACE} REVISION FOLDER [--python python3] [--work FOLDER]`);
  const [revision, speech] = positionals;
  const folder = values.work ?? mkdtempSync(join(tmpdir(), "twelvehz-against-"));
  mkdirSync(folder, { recursive: true });
  await encodeAll(speech, folder);
  if (!isDecoded(folder, "before", layers))
    await withRevision(revision, fileURLToPath(new URL("..", import.meta.url)), (tree) => {
      for (const file of [PLACE, "bench/clips.mjs", "bench/quality/score.mjs"]) copyFileSync(join(root, file), join(tree, file));
      decodeIn(tree, folder, "before", layers);
    });
  decodeIn(root, folder, "now", layers);
  const rows = [];
  let versions;
  let clips = 0;
  for (const count of layers) {
    const [before, now] = [await scored(values.python, folder, `before-${count}`), await scored(values.python, folder, `now-${count}`)];
    const gains = MEASURES.map((measure, m) => [measure, meanGain(now.each.map((values, i) => values[m] - before.each[i][m]))]);
    rows.push({ layers: count, before: before.means, now: now.means, gains: Object.fromEntries(gains) });
    [versions, clips] = [now.versions, now.each.length];
  }
  if (!values.work) rmSync(folder, { recursive: true });
  const measured = {
    ...measuredOn(`node ${PLACE} ${revision} FOLDER${values.layers === EVERY_LAYERS ? "" : ` --layers ${values.layers}`}`),
    ...versions,
  };
  const results = { measured, revision, clips, longestSeconds: LONGEST_SECONDS, layers: rows };
  writeFileSync(join(root, "bench/results/phase-order.json"), `${JSON.stringify(results, undefined, 2)}\n`);
  console.log(JSON.stringify(rows, undefined, 1));
}

await main();
