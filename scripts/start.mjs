/**
 * `npm start`: the page, on http://127.0.0.1:7860; what begins with a dash is for `twelvehz serve`,
 * such as `npm start -- --port 8080`. `npm start -- FILE`: a round trip of a sound file through the
 * codec, in the terminal.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { prepare, root } from "./prepare.mjs";

prepare();
const args = process.argv.slice(2);
const callerFolder = process.env.INIT_CWD ?? process.cwd();
const serves = args.length === 0 || args[0].startsWith("-");
process.argv.splice(2, Infinity, ...(serves ? ["serve", ...args] : roundtrip()));
await import(pathToFileURL(join(root, "packages/cli/dist/main.js")).href); // in this process, so that signals reach it

function roundtrip() {
  const inputs = args.map((arg) => (existsSync(resolve(callerFolder, arg)) ? resolve(callerFolder, arg) : arg));
  return ["roundtrip", ...inputs, ...(args.includes("-o") ? [] : ["-o", "out.wav", "--codes", "out.t12"])];
}
