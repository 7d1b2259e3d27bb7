#!/usr/bin/env node
/** What npm links as the command: it is there from the start, so that the link is made in a clone before anything is built. */
import { existsSync } from "node:fs";

const main = new URL("../dist/main.js", import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  process.stderr.write('twelvehz: Cannot start: nothing is built in this clone yet; run "npm run build" once\n');
  process.exitCode = 70;
}
