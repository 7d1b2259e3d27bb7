/** `npm run twelvehz -- ARGS`: the command from a clone, as it was typed and where it was typed. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { prepare, root } from "./prepare.mjs";

prepare();
process.chdir(process.env.INIT_CWD ?? process.cwd());
await import(pathToFileURL(join(root, "packages/cli/dist/main.js")).href); // in this process, so that signals reach it
