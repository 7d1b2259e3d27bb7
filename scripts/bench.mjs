/** `npm run bench [-- --against REVISION]`. */
import { join } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

prepare();
run(process.execPath, [join(root, "bench/speed.mjs"), ...process.argv.slice(2)]);
