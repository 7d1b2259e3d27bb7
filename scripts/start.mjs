/** `npm start [-- FILE]`: a round trip of a clip of real speech through the codec. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

prepare();
const args = process.argv.slice(2);
const cli = join(root, "packages/cli/dist/main.js");
const clip = join(root, "examples/clips/english.flac");
const callerFolder = process.env.INIT_CWD ?? process.cwd();
const inputs = args.length > 0 ? args.map((arg) => (existsSync(resolve(callerFolder, arg)) ? resolve(callerFolder, arg) : arg)) : [clip];
process.exit(
  run(process.execPath, [cli, "roundtrip", ...inputs, ...(args.includes("-o") ? [] : ["-o", "out.wav", "--codes", "out.t12"])], {
    mayFail: true,
  }),
);
