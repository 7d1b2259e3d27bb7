import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { JobProgress } from "./job-progress.ts";

const requestNamed = (name?: string): IncomingMessage =>
  ({ headers: name === undefined ? {} : { "twelvehz-job": name } }) as unknown as IncomingMessage;

test("a request is known by its name until it ends", () => {
  const jobs = new JobProgress();
  const watched = jobs.watch(requestNamed("a-good-name"));
  expect([jobs.has("a-good-name"), jobs.of("a-good-name")]).toEqual([true, undefined]);
  watched?.onProgress({ doneSeconds: 1, totalSeconds: 4 });
  expect(jobs.of("a-good-name")).toEqual({ doneSeconds: 1, totalSeconds: 4 });
  watched?.end();
  expect(jobs.has("a-good-name")).toBe(false);
});

test.each([
  ["no name", undefined],
  ["a short name", "abc"],
  ["a name of other characters", "../../etc/passwd"],
])("a request with %s is not watched", (_, name) => {
  expect(new JobProgress().watch(requestNamed(name))).toBeUndefined();
});

test("a name in use stays that of the first request", () => {
  const jobs = new JobProgress();
  const first = jobs.watch(requestNamed("the-same-name"));
  expect(jobs.watch(requestNamed("the-same-name"))).toBeUndefined();
  first?.onProgress({ doneSeconds: 1, totalSeconds: 4 });
  expect(jobs.of("the-same-name")).toEqual({ doneSeconds: 1, totalSeconds: 4 });
});
