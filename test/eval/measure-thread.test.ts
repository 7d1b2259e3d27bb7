/** Threads that measure, ended at any moment. */
import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../root.ts";

const MODULE = pathToFileURL(join(root, "packages/eval/dist/node/measure-thread.js")).href;

/**
 * Ends threads while their networks are opened and while they judge: inside ONNX Runtime that would
 * end the process.
 */
const SCRIPT = `
const { MeasureThread } = await import(${JSON.stringify(MODULE)});
const { Audio } = await import("@twelvehz/codec");
const clip = new Audio(Float32Array.from({ length: 60 * 24000 }, (_, n) => Math.sin(n / 20) * Math.sin(n / 3000)), 24000);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const times = [0, 500, 1000, 1500, 2000, 2500, 3000, 4000].map((ms) => [ms, { neural: {} }, "dnsmosOvrl"]);
const ends = await Promise.all([...times, [0, {}, "level"], [200, {}, "level"]].map(async ([ms, options, id]) => {
  const thread = new MeasureThread(options);
  const measured = thread.measure(clip, clip, [id]).then(() => "measured", (error) => error.code);
  await pause(ms);
  await thread.close();
  await thread.measure(clip, clip, ["level"]).catch((error) => console.log(error.code));
  return measured;
}));
console.log(ends.every((end) => end === "measured" || end === "closed"));
`;

test("a thread ends well whatever it is at, and measures no more", () => {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", SCRIPT], {
    cwd: root,
    encoding: "utf8",
  });
  expect({ status, signal, stdout, stderr }).toEqual({ status: 0, signal: null, stdout: `${"closed\n".repeat(10)}true\n`, stderr: "" });
});
