/**
 * `npm run twelvehz -- COMMAND …`: the command from a clone, built as far as it is needed. Paths
 * count from the caller's folder. What the build prints goes before the command starts;
 * `npm run --silent` keeps npm's own lines out of a pipe.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { prepare, root } from "./prepare.mjs";

prepare();
if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
await import(pathToFileURL(join(root, "packages/cli/dist/main.js")).href); // in this process, so that signals reach it
