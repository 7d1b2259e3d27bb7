/**
 * What every script does first: check Node, install the packages when they are missing, build. Uses
 * Node's own modules only.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = [20, 20];

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  console.error(
    `twelvehz needs Node ${OLDEST_NODE.join(".")} or newer; this is Node ${process.versions.node}. Install a newer Node and try again.`,
  );
  process.exit(1);
}

/**
 * Runs a program in the root folder with its output shown; ends the process when it fails, unless
 * told otherwise.
 */
export function run(program, args, { env = {}, mayFail = false } = {}) {
  const result = spawnSync(program, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  if (result.error) {
    console.error(`Cannot start ${program}: ${result.error.message}`);
    process.exit(1);
  }
  const status = result.status ?? 1;
  if (status !== 0 && !mayFail) process.exit(status);
  return status;
}

/** Runs a tool of node_modules by its package and the path of its program there. */
export function runTool(path, args, options) {
  return run(process.execPath, [join(root, "node_modules", path), ...args], options);
}

/** True when what is installed is what package-lock.json asks for. */
function installed() {
  const stamp = join(root, "node_modules", ".package-lock.json");
  return existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
}

function install() {
  console.error("twelvehz: installing packages (npm ci), once; this takes a minute or two …");
  const npm = process.env.npm_execpath;
  const env = { ONNXRUNTIME_NODE_INSTALL: "skip" };
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  if (npm) run(process.execPath, [npm, ...args], { env });
  else run(process.platform === "win32" ? "npm.cmd" : "npm", args, { env });
}

/** Compiles what has changed since the last time. */
export function build() {
  const tsc = JSON.parse(readFileSync(join(root, "node_modules/typescript/package.json"), "utf8")).bin.tsc;
  if (!existsSync(join(root, "packages/cli/dist/main.js"))) console.error("twelvehz: building, once …");
  runTool(join("typescript", tsc), ["-b", "packages/codec/src/web", "packages/cli"]);
}

/**
 * What the page is made of: its folder, the packages of the workspace that it needs, and what those
 * need; figures that it shows.
 */
function pageSources() {
  const folders = new Map(readdirSync(join(root, "packages")).map((folder) => [manifest(`packages/${folder}`).name, `packages/${folder}`]));
  const needed = new Set(["apps/web"]);
  for (const folder of needed) {
    const { dependencies = {}, devDependencies = {} } = manifest(folder);
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) if (folders.has(name)) needed.add(folders.get(name));
  }
  needed.delete("apps/web");
  const sources = [...needed].flatMap((folder) => [`${folder}/src`, `${folder}/package.json`]);
  return ["apps/web", ...sources.filter((source) => existsSync(join(root, source))), "bench/results/quality.json", "package-lock.json"];
}

function manifest(folder) {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
}

/** Bundles the page into the server, when something that it is made of has changed. */
function buildPage() {
  const page = join(root, "packages/server/dist/page/index.html");
  if (existsSync(page) && pageSources().every((source) => newestMs(join(root, source)) < statSync(page).mtimeMs)) return;
  console.error("twelvehz: building the page …");
  runTool("vite/bin/vite.js", ["build", "apps/web", "--logLevel", "error"]);
}

/**
 * When a file, or anything in a folder and below, was last changed. A folder changes when something
 * in it comes or goes.
 */
function newestMs(path) {
  const below = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true }).filter((name) => !/(^|[/\\])node_modules/.test(name))
    : [];
  return Math.max(...[path, ...below.map((name) => join(path, name))].map((name) => statSync(name).mtimeMs));
}

/** Checks, installs and builds as far as it is needed. */
export function prepare() {
  checkNode();
  if (!installed()) install();
  build();
  buildPage();
}
