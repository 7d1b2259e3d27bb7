/**
 * Runs inputs of one reader in a process of its own, which a hang or a crash may cost: see
 * scripts/fuzz.mjs.
 */
import { writeSync } from "node:fs";
import { makeInput, tryInTime } from "./harness.mjs";

const [reader, seed, from, to] = [process.argv[2], ...process.argv.slice(3).map(Number)];
/**
 * The descriptor that the parent reads lines of JSON from; written at once, so that it tells where
 * a crash was.
 */
const REPORTS = 3;

function report(line) {
  let rest = Buffer.from(`${JSON.stringify(line)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(REPORTS, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error; // the parent is busy
    }
  }
}

for (let index = from; index < to; index++) {
  const input = makeInput(reader, seed, index);
  report({ index });
  report({ index, ...(await tryInTime(reader, input)), rss: process.memoryUsage.rss() });
}
process.exit(0); // decoders may keep the process alive
