/** What a codec does to the process that it is in. Each test is a small program. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

function runProgram(source: string): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (text: Buffer) => (output += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output += text.toString()));
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, output })));
}

describe("a process with a codec", () => {
  it("ends by itself when the codec is idle, without close()", async () => {
    const source = `
      import { Audio, openCodec } from "@twelvehz/codec/node";
      const codec = await openCodec();
      const codes = await codec.encode(new Audio(new Float32Array(4000).fill(0.1), 24000));
      codec.openDecodeStream();
      console.log(codes.frames);`;
    expect(await runProgram(source)).toEqual({ status: 0, output: "3\n" }); // ceil(4000 / 1920)
  });

  it("goes on after close(), also when work was on its way", async () => {
    const source = `
      import { openCodec } from "@twelvehz/codec/node";
      const codec = await openCodec();
      await codec.prepare();
      const stream = codec.openDecodeStream();
      const pushes = Array.from({ length: 20 }, () => stream.push(new Int16Array(16 * 10)).catch((error) => error.code));
      await codec.close();
      const outcomes = await Promise.all(pushes);
      console.log(outcomes.every((o) => o instanceof Float32Array || o === "closed") ? "closed" : outcomes);`;
    expect(await runProgram(source)).toEqual({ status: 0, output: "closed\n" });
  });

  it("has threads that end without their garbage, near whose limit one that is ended may end the process", async () => {
    const thread = `
      import("@twelvehz/codec/node").then(({ endWhenAsked }) => {
        const { parentPort } = require("node:worker_threads");
        endWhenAsked(parentPort);
        let garbage = Array.from({ length: 1e6 }, () => ({}));
        const before = process.memoryUsage().heapUsed;
        garbage = undefined;
        process.on("exit", () => parentPort.postMessage(process.memoryUsage().heapUsed / before));
        parentPort.postMessage("full");
      });`;
    const source = `
      import { once } from "node:events";
      import { Worker } from "node:worker_threads";
      import { endWorker } from "@twelvehz/codec/node";
      const worker = new Worker(${JSON.stringify(thread)}, { eval: true, execArgv: [] });
      await once(worker, "message");
      worker.on("message", (part) => console.log(part < 0.5));
      await Promise.all([endWorker(worker), endWorker(worker)]);
      await endWorker(worker);
      console.log(worker.threadId);`;
    expect(await runProgram(source)).toEqual({ status: 0, output: "true\n-1\n" });
  });

  it("hears of a failure only through the promise of the call that failed", async () => {
    const source = `
      import { openCodec } from "@twelvehz/codec/node";
      const failures = [];
      process.on("unhandledRejection", (error) => failures.push(error));
      await openCodec("no/such/folder").catch((error) => console.log(error.code));
      const codec = await openCodec();
      const stream = codec.openEncodeStream();
      try { codec.openDecodeStream({ layers: 99 }); } catch (error) { console.log(error.code); }
      await codec.close();
      await stream.push(new Float32Array(1)).catch((error) => console.log(error.code));
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(failures.length);`;
    expect(await runProgram(source)).toEqual({ status: 0, output: "not-found\nusage\nclosed\n0\n" });
  });
});
