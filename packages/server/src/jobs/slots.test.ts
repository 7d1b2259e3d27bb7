import { expect, test } from "vitest";
import { Slots } from "./slots.ts";

test("slots are refused beyond their number, until one is given back, however often", () => {
  const slots = new Slots(2);
  const first = slots.take();
  slots.take();
  expect(() => slots.take()).toThrow(/^Cannot take the request: 2 others/);
  first.free();
  first.free();
  expect(slots.taken).toBe(1);
  slots.take();
  expect(() => slots.assertOpen()).toThrow();
});
