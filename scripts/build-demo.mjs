/**
 * `npm run build:demo [-- FOLDER]`: the page with its model as one static folder, `demo`, for any
 * host of files: no server of ours, no settings.
 */
import { copyFileSync, mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { prepare, root, runTool } from "./prepare.mjs";

const MODEL = join(root, "packages/compact-model");
const MODEL_FILES = ["config.json", "model.safetensors", "concealment.safetensors", "LICENSE"];

prepare();
const folder = resolve(process.argv[2] ?? join(root, "demo"));
runTool("vite/bin/vite.js", [
  "build",
  "apps/web",
  "--mode",
  "demo",
  "--outDir",
  relative(join(root, "apps/web"), folder),
  "--emptyOutDir",
  "--logLevel",
  "error",
]);
mkdirSync(join(folder, "model/compact"), { recursive: true });
for (const name of MODEL_FILES) copyFileSync(join(MODEL, name), join(folder, "model/compact", name));
for (const name of ["LICENSE", "NOTICE"]) copyFileSync(join(root, name), join(folder, name));
console.log(`${folder}: put it on any host of static files`);
