import { ManualClock } from "@twelvehz/test-support/manual-clock.ts";
import { expect, test } from "vitest";
import { JobTimes } from "./job-times.ts";

test("waiting for the client is not the time of the work that it interrupts", async () => {
  const clock = new ManualClock();
  const times = new JobTimes(clock);
  times.waited(0.5); // before the work begins
  const result = await times.of("encode", async () => {
    await clock.pass(3);
    times.waited(2.75);
    return "codes";
  });
  await times.of("decode", () => clock.pass(0.04));
  expect(result).toBe("codes");
  expect(String(times)).toBe("upload;dur=3250.0, encode;dur=250.0, decode;dur=40.0");
});
