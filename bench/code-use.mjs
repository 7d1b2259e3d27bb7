/**
 * How the compact model uses the codes of its first layers,
 * packages/codec/src/codes/code-use-tables.ts, and how often that tells its codes from those of a
 * model that numbers its codes another way, bench/results/code-use.json. To be run again for every
 * model.
 *
 *     node bench/code-use.mjs TRAINING_FOLDER HELDOUT_FOLDER [--most 500]
 *
 * Codes of another model are stood for by the same codes with the numbers of each codebook
 * shuffled: as much structure, other numbers.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Codes, modelFolder, openCodec } from "@twelvehz/codec/node";
import { fitOf, LEAST_FIT } from "../packages/codec/dist/codes/code-use.js";
import { readCodebooks } from "../packages/eval/dist/node/atlas-codebooks.js";
import { root } from "../scripts/prepare.mjs";
import { readClip } from "./clips.mjs";
import { measuredOn } from "./machine.mjs";

const LAYERS = 2;
const STEPS_PER_BIT = 16;
/** Weight of a code that never came: as if each had come so often before. */
const PRIOR = 5;
/** Directions of the first codebook along which its entries spread most. */
const DIRECTIONS = 3;
const ROUNDS = 200;
/** Lengths of the pieces that are judged, frames. */
const LENGTHS = [50, 100];
/** Shuffles of each piece. */
const SHUFFLES = 4;
const LINE = 120;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { most: { type: "string", default: "500" } } });
const [trainingFolder, heldoutFolder] = positionals;
if (!heldoutFolder) throw new Error("Usage: node bench/code-use.mjs TRAINING_FOLDER HELDOUT_FOLDER [--most N]");
const codec = await openCodec("compact");
const { id, name, codebookSize, layers } = codec.info;

let seed = 1;
/** Park and Miller 1988: always the same row of numbers. */
const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;

/** Codes of so many clips, evenly taken from all that lie in a folder and below. */
async function codesOf(folder, most) {
  const files = readdirSync(folder, { recursive: true })
    .filter((file) => /\.(wav|flac|opus)$/.test(file))
    .sort();
  const chosen =
    files.length <= most
      ? files
      : files.filter((_, i) => Math.floor((i * most) / files.length) !== Math.floor(((i - 1) * most) / files.length));
  const found = [];
  for (const file of chosen) found.push(await codec.encode(await readClip(join(folder, file)), { layers: LAYERS }));
  return found;
}

function stepsOf(training) {
  const counts = new Float64Array(LAYERS * codebookSize).fill(PRIOR);
  for (const codes of training) codes.data.forEach((code, i) => counts[(i % LAYERS) * codebookSize + code]++);
  const total = training.reduce((sum, { frames }) => sum + frames, PRIOR * codebookSize);
  return Int8Array.from(counts, (count) =>
    Math.max(-127, Math.min(127, Math.round(STEPS_PER_BIT * Math.log2((count * codebookSize) / total)))),
  );
}

function shuffled() {
  const order = Int16Array.from({ length: codebookSize }, (_, i) => i);
  for (let i = codebookSize - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

function renumbered(codes) {
  const orders = Array.from({ length: codes.layers }, shuffled);
  return new Codes(
    codes.data.map((code, i) => orders[i % codes.layers][code]),
    codes.layers,
  );
}

/**
 * Where the entries of a codebook lie along the directions of its largest spread, one after the
 * other found by power iteration; each fills the signed byte.
 */
function placesOf(entries) {
  const width = entries.length / codebookSize;
  const rest = Float64Array.from(entries);
  for (let d = 0; d < width; d++) {
    let sum = 0;
    for (let e = 0; e < codebookSize; e++) sum += rest[e * width + d];
    for (let e = 0; e < codebookSize; e++) rest[e * width + d] -= sum / codebookSize;
  }
  return Int8Array.from(Array.from({ length: DIRECTIONS }, () => alongLargestSpread(rest, width)).flat());
}

/** Takes one direction out of the entries; gives where they lay along it. */
function alongLargestSpread(rest, width) {
  const project = (axis) => Array.from({ length: codebookSize }, (_, e) => axis.reduce((sum, x, d) => sum + x * rest[e * width + d], 0));
  let axis = Float64Array.from({ length: width }, (_, d) => Math.sin(d + 1));
  for (let round = 0; round < ROUNDS; round++) {
    const along = project(axis);
    const next = axis.map((_, d) => along.reduce((sum, x, e) => sum + x * rest[e * width + d], 0));
    const length = Math.hypot(...next);
    axis = next.map((x) => x / length);
  }
  const along = project(axis);
  along.forEach((x, e) => axis.forEach((y, d) => (rest[e * width + d] -= x * y)));
  const most = Math.max(...along.map(Math.abs));
  return along.map((x) => Math.round((127 * x) / most));
}

function linesOf(bytes) {
  const base64 = Buffer.from(bytes.buffer).toString("base64");
  return Array.from({ length: Math.ceil(base64.length / LINE) }, (_, i) => `      "${base64.slice(i * LINE, (i + 1) * LINE)}",`).join("\n");
}

function writeTable({ use, places }) {
  const file = join(root, "packages/codec/src/codes/code-use-tables.ts");
  const head = readFileSync(file, "utf8").replace(/(CODE_USE_TABLES[^=]*=)[^]*$/, "$1");
  writeFileSync(
    file,
    `${head} [
  {
    modelId: "${id.toLowerCase()}", // ${name}
    codebookSize: ${codebookSize},
    use: [
${linesOf(use)}
    ],
    places: [
${linesOf(places)}
    ],
  },
];
`,
  );
}

/**
 * Of pieces of so many frames: how often codes of the model pass, and how often renumbered ones are
 * told.
 */
function judged(table, heldout, frames) {
  const pieces = heldout.flatMap((codes) =>
    Array.from({ length: Math.floor(codes.frames / frames) }, (_, i) => codes.slice(i * frames, (i + 1) * frames)),
  );
  const others = pieces.flatMap((piece) => Array.from({ length: SHUFFLES }, () => renumbered(piece)));
  const share = (found, all) => Number((found.length / all.length).toFixed(4));
  const fits = (codes) => fitOf(codes, table) >= LEAST_FIT;
  return {
    frames,
    seconds: frames / codec.info.frameRate,
    pieces: pieces.length,
    ownPasses: share(pieces.filter(fits), pieces),
    otherIsTold: share(
      others.filter((codes) => !fits(codes)),
      others,
    ),
  };
}

const training = await codesOf(trainingFolder, Number(values.most));
const [firstCodebook] = await readCodebooks(modelFolder("compact"), codec.info);
const table = { codebookSize, use: stepsOf(training), places: placesOf(firstCodebook) };
writeTable(table);
const heldout = await codesOf(heldoutFolder, Infinity);
await codec.close();
const result = {
  measured: measuredOn("node bench/code-use.mjs FOLDER FOLDER"),
  model: name,
  layers: LAYERS,
  ofLayers: layers,
  trainingFrames: training.reduce((sum, { frames }) => sum + frames, 0),
  heldoutClips: heldout.length,
  judged: LENGTHS.map((frames) => judged(table, heldout, frames)),
};
writeFileSync(join(root, "bench/results/code-use.json"), `${JSON.stringify(result, undefined, 2)}\n`);
console.log(result);
