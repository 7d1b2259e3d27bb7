import { expect, test } from "vitest";
import { callWorker } from "./call-worker.ts";

/** A worker that answers what it is told to. */
function workerThat(reply: unknown): { open: () => Worker; ended: () => boolean } {
  let isEnded = false;
  const worker = {
    onmessage: (_event: { data: unknown }): void => undefined,
    postMessage: () => reply !== undefined && queueMicrotask(() => worker.onmessage({ data: reply })),
    terminate: () => (isEnded = true),
  };
  return { open: () => worker as unknown as Worker, ended: () => isEnded };
}

test("the answer comes back and the worker is ended", async () => {
  const { open, ended } = workerThat({ answer: 42 });
  expect(await callWorker(open, "question")).toBe(42);
  expect(ended()).toBe(true);
});

test("a failure keeps its words", async () => {
  const { open, ended } = workerThat({ failure: "Cannot do it" });
  await expect(callWorker(open, "question")).rejects.toMatchObject({ code: "runtime", message: "Cannot do it" });
  expect(ended()).toBe(true);
});

test("cancelling ends the worker, also before it has begun", async () => {
  const cancel = new AbortController();
  const running = workerThat(undefined);
  const call = callWorker(running.open, "question", cancel.signal);
  cancel.abort();
  await expect(call).rejects.toMatchObject({ code: "aborted" });
  expect(running.ended()).toBe(true);
  const early = workerThat({ answer: 42 });
  await expect(callWorker(early.open, "question", AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
});
