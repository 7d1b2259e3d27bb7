/**
 * Loaded with `--require` into every process of a run: collects garbage every 2 s and at the end,
 * and notes in a file of $LIVE_HEAP the bytes that are left, of its heap and its buffers.
 */
const { writeFileSync } = require("node:fs");
const { basename, join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

function look() {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  writeFileSync(join(process.env.LIVE_HEAP, `${basename(process.argv[1] ?? "none")}-${process.pid}`), String(heapUsed + arrayBuffers));
}

setInterval(look, 2000).unref();
process.on("exit", look);
