import { expect, test } from "vitest";
import type { Client } from "../access/client.ts";
import { Slots } from "./slots.ts";

const at = (address: string): Client => ({ address, owner: undefined });

test("slots are refused beyond their number, until one is given back, however often", () => {
  const slots = new Slots(2);
  const first = slots.take(at("a"));
  slots.take(at("b"));
  expect(() => slots.take(at("a"))).toThrow(/^Cannot take the request: 2 others/);
  first.free();
  first.free();
  expect(slots.taken).toBe(1);
  slots.take(at("a"));
  expect(() => slots.assertOpen(at("a"))).toThrow();
});

test("an address gets no more than its own, and others get the rest", () => {
  const slots = new Slots(4, ({ address }, total) => (address === "own" ? total : total / 2));
  const first = slots.take(at("a"));
  slots.take(at("a"));
  expect(() => slots.take(at("a"))).toThrow(/2 of your address/);
  slots.take(at("b"));
  first.free();
  slots.take(at("a"));
  slots.take(at("own"));
  expect(slots.taken).toBe(4);
});
