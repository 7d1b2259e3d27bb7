/**
 * Rules of the house that no linter knows: which folder may import which, every export has a
 * docstring, the library writes nothing to the console.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";
import { root } from "./prepare.mjs";

/**
 * Which parts of packages/codec/src each part may import. "nouns" are the files that lie in src
 * itself and depend on nothing else.
 */
const ARROWS = {
  nouns: ["nouns"],
  bytes: ["nouns"],
  codes: ["nouns", "bytes"],
  audio: ["nouns", "bytes"],
  dsp: ["nouns"],
  tokenfile: ["nouns", "bytes", "codes"],
  graph: ["nouns"],
  gpu: ["nouns", "bytes"],
  runtime: ["nouns", "bytes", "codes", "graph", "gpu"],
  model: ["nouns", "bytes", "codes", "graph", "gpu", "dsp", "runtime"],
  face: ["nouns", "bytes", "codes", "audio", "tokenfile", "graph", "gpu", "dsp", "runtime", "model"],
  node: ["nouns", "bytes", "codes", "audio", "tokenfile", "graph", "gpu", "dsp", "runtime", "model", "face"],
  web: ["nouns", "bytes", "codes", "audio", "tokenfile", "graph", "gpu", "dsp", "runtime", "model", "face"],
};
/** Files of src that stand on top of the folders. */
const FACE = new Set(["codec.ts", "streams.ts", "encode-sound.ts", "index.ts", "internal.ts"]);
/** Which workspace packages a package may import. */
const PACKAGES = {
  "@twelvehz/codec": [],
  "@twelvehz/compact-model": [],
  "@twelvehz/clips": ["@twelvehz/codec"],
  "@twelvehz/corpus": ["@twelvehz/codec"],
  "@twelvehz/eval": ["@twelvehz/codec", "@twelvehz/clips", "@twelvehz/transport"],
  "@twelvehz/transport": ["@twelvehz/codec"],
  "@twelvehz/client": ["@twelvehz/codec"],
  "@twelvehz/server": ["@twelvehz/codec", "@twelvehz/client"],
  twelvehz: ["@twelvehz/codec", "@twelvehz/clips", "@twelvehz/corpus", "@twelvehz/eval", "@twelvehz/server", "@twelvehz/transport"],
  "@twelvehz/web": ["@twelvehz/client", "@twelvehz/codec", "@twelvehz/eval", "@twelvehz/server", "@twelvehz/transport"],
};
/** Packages that only these files may name. */
const PRIVATE_PACKAGES = {
  "onnxruntime-common": ["packages/codec/src/runtime/ort.ts"],
  "onnxruntime-node": ["packages/codec/src/node/serve-model.ts", "packages/eval/src/node/neural/neural-session.ts"],
  webgpu: ["packages/codec/src/node/graphics.ts"],
  "onnxruntime-web": ["packages/codec/src/web/engine-worker.ts", "apps/web/src/engine/browser-model.ts"],
};

const problems = [];
const IMPORT = /(?:from|import\()\s*"([^"]+)"/g;

function sourcesOf(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.name.endsWith(".test.ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

function partOf(file) {
  const inside = file.replace("packages/codec/src/", "");
  if (inside.includes("/")) return inside.split("/")[0];
  return FACE.has(inside) ? "face" : "nouns";
}

function checkRelative(file, target) {
  if (!file.startsWith("packages/codec/src/")) return;
  const to = posix.join(posix.dirname(file), target);
  const [from, into] = [partOf(file), partOf(to)];
  if (from !== into && !(ARROWS[from] ?? []).includes(into)) problems.push(`${file}: "${from}" may not import "${into}" (${target})`);
}

function checkPackage(file, name) {
  const owners = Object.entries(PRIVATE_PACKAGES).find(([owned]) => name === owned || name.startsWith(`${owned}/`))?.[1];
  if (owners && !owners.includes(file)) problems.push(`${file}: only ${owners.join(", ")} may import ${name}`);
  if (name.startsWith("node:") && file.startsWith("packages/codec/src/") && partOf(file) !== "node")
    problems.push(`${file}: the core runs in a page and may not import ${name}`);
  const workspace = Object.keys(PACKAGES).find((p) => name === p || name.startsWith(`${p}/`));
  const own = JSON.parse(readFileSync(join(root, file.split("/").slice(0, 2).join("/"), "package.json"), "utf8")).name;
  if (workspace && workspace !== own && !PACKAGES[own].includes(workspace)) problems.push(`${file}: ${own} may not import ${workspace}`);
}

function checkImports(file, text) {
  for (const [, target] of text.matchAll(IMPORT)) {
    if (target.startsWith(".")) checkRelative(file, target);
    else checkPackage(file, target);
  }
}

/**
 * Exports, and public members of exported classes and interfaces that are methods or fields with a
 * type.
 */
function checkDocstrings(file, text) {
  const lines = text.split("\n");
  lines.forEach((line, i) => {
    if (!/^export (?:abstract |async |declare )*(?:class|function\*?|interface|type|const|let)\s/.test(line)) return;
    if (line.startsWith("export type {")) return;
    if (!lines[i - 1]?.trimEnd().endsWith("*/")) problems.push(`${file}:${i + 1}: an export without a docstring: ${line.trim()}`);
  });
}

function checkConsole(file, text) {
  if (!file.startsWith("packages/cli/") && /\bconsole\.\w+\(/.test(text))
    problems.push(`${file}: the library writes nothing to the console`);
}

/** Node may end the process with a thread that it ends: threads end by themselves. */
function checkThreads(file, text) {
  if (/from "node:worker_threads"/.test(text) && /\.terminate\(\)/.test(text))
    problems.push(`${file}: a worker thread is asked to end, by endWorker() of @twelvehz/codec/node`);
}

/**
 * What a family is called is for reports: whoever needs to know something of it asks for its
 * traits.
 */
function checkFamily(file, text) {
  if (!file.startsWith("packages/codec/src/model/") && /\bfamily\s*[!=]==/.test(text))
    problems.push(`${file}: compares the name of a model family; ask for a trait (packages/codec/src/model/family.ts)`);
}

/**
 * Files whose numbers are those of other standards (FLAC's sample rates, Opus's rates), or of one
 * model by its identity.
 */
const OTHER_STANDARDS = new Set([
  "packages/codec/src/codes/code-use-tables.ts",
  "packages/codec/src/audio/flac-frame.ts",
  "packages/eval/src/baselines/opus.ts",
  "apps/web/src/compare/contenders.ts",
]);

/**
 * The clock and the shape of codes are in their spec: no one else knows the numbers of the models
 * that there are.
 */
function checkNumbers(file, text) {
  if (file.startsWith("packages/codec/src/model/") || file === "packages/codec/src/codes/codes-spec.ts" || OTHER_STANDARDS.has(file))
    return;
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g, "");
  const found = /(?<![\w.])(?:12\.5|1920|2048|24_?000)(?![\w.])/.exec(code);
  if (found) problems.push(`${file}: knows ${found[0]}; ask the spec of the codes, the model's information, or DEFAULT_SPEC`);
}

/** Node's own way of making a folder with those above it never ends in `/proc` and its like. */
function checkFolders(file, text) {
  if (/\bmkdir(?:Sync)?\([^;]*recursive: true/.test(text))
    problems.push(`${file}: makes folders by Node's "recursive"; use makeFolder (packages/codec/src/node/folders.ts)`);
}

const MOST_LINES = 400;

function checkLength(file, text) {
  const lines = text.split("\n").length - 1;
  if (lines > MOST_LINES) problems.push(`${file}: ${lines} lines, ${MOST_LINES} at most; split it`);
}

/** Files that import each other round in a circle, by what is imported at run time. */
function checkCycles(texts) {
  const targets = new Map([...texts].map(([file, text]) => [file, importedBy(file, text).filter((target) => texts.has(target))]));
  const state = new Map();
  const visit = (file, path) => {
    if (state.get(file) === "open") problems.push(`an import cycle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
    if (state.has(file)) return;
    state.set(file, "open");
    for (const target of targets.get(file)) visit(target, [...path, file]);
    state.set(file, "done");
  };
  for (const file of texts.keys()) visit(file, []);
}

function importedBy(file, text) {
  const code = text.replace(/^(?:import|export) type [^;]*;/gm, "");
  return [...code.matchAll(IMPORT)]
    .map(([, target]) => target)
    .filter((target) => target.startsWith("."))
    .map((target) => posix.join(posix.dirname(file), target));
}

/** The folders of source of every package of the workspace. */
function sourceFolders() {
  const { workspaces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const packages = workspaces
    .filter((pattern) => pattern.endsWith("/*"))
    .flatMap((pattern) => readdirSync(join(root, pattern.replace("/*", ""))).map((name) => `${pattern.replace("/*", "")}/${name}`));
  return packages.map((folder) => `${folder}/src`).filter((folder) => existsSync(join(root, folder)));
}

const texts = new Map();
for (const folder of sourceFolders()) {
  for (const file of sourcesOf(folder)) {
    const text = readFileSync(join(root, file), "utf8");
    texts.set(file, text);
    checkFamily(file, text);
    checkNumbers(file, text);
    checkLength(file, text);
    checkFolders(file, text);
    checkImports(file, text);
    checkDocstrings(file, text);
    checkConsole(file, text);
    checkThreads(file, text);
  }
}
checkCycles(texts);
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log("every rule holds");
