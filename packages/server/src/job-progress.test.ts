import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { JobProgress } from "./job-progress.ts";

const requestNamed = (name?: string): IncomingMessage =>
  ({ headers: name === undefined ? {} : { "twelvehz-job": name } }) as unknown as IncomingMessage;

test("a request is known by its name while it is answered, also when it fails", async () => {
  const jobs = new JobProgress();
  const work = jobs.follow(requestNamed("a-good-name"), async (tell) => {
    expect([jobs.has("a-good-name"), jobs.of("a-good-name")]).toEqual([true, undefined]);
    tell?.({ doneSeconds: 1, totalSeconds: 4 });
    expect(jobs.of("a-good-name")).toEqual({ doneSeconds: 1, totalSeconds: 4 });
    throw new Error("it failed");
  });
  await expect(work).rejects.toThrow("it failed");
  expect(jobs.has("a-good-name")).toBe(false);
});

test.each([
  ["no name", undefined],
  ["a short name", "abc"],
  ["a name of other characters", "../../etc/passwd"],
])("a request with %s is answered, and nobody is told", async (_, name) => {
  expect(await new JobProgress().follow(requestNamed(name), async (tell) => tell)).toBeUndefined();
});

test("a name in use stays that of the first request", async () => {
  const jobs = new JobProgress();
  await jobs.follow(requestNamed("the-same-name"), async (tell) => {
    tell?.({ doneSeconds: 1, totalSeconds: 4 });
    expect(await jobs.follow(requestNamed("the-same-name"), async (second) => second)).toBeUndefined();
    expect(jobs.of("the-same-name")).toEqual({ doneSeconds: 1, totalSeconds: 4 });
  });
});
