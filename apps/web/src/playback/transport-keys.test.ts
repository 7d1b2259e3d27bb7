import { Audio } from "@twelvehz/codec";
import { beforeEach, expect, test } from "vitest";
import { Transport } from "./transport.ts";
import { type KeyPress, transportKey } from "./transport-keys.ts";

const TRACKS = { a: "original", b: "reconstruction" };
const key = (name: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key: name,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...more,
});
let transport: Transport;

beforeEach(() => {
  transport = new Transport();
  transport.setTrack("original", new Audio(new Float32Array(2000), 100));
  transport.setTrack("reconstruction", new Audio(new Float32Array(2000), 100));
});

test("arrows move by a second, with Shift by ten", () => {
  transportKey(transport, key("ArrowRight"), TRACKS);
  expect(transport.position.value).toBe(1);
  transportKey(transport, key("ArrowRight", { shiftKey: true }), TRACKS);
  expect(transport.position.value).toBe(11);
  transportKey(transport, key("ArrowLeft"), TRACKS);
  expect(transport.position.value).toBe(10);
});

test("letters choose what is heard, small or large", () => {
  expect(transportKey(transport, key("B"), TRACKS)).toBe(true);
  expect(transport.heard.value).toBe("reconstruction");
  expect(transportKey(transport, key("a"), TRACKS)).toBe(true);
  expect(transport.heard.value).toBe("original");
});

test("keys of the browser and other keys are left alone", () => {
  expect(transportKey(transport, key("a", { ctrlKey: true }), TRACKS)).toBe(false);
  expect(transportKey(transport, key("x"), TRACKS)).toBe(false);
  expect(transportKey(new Transport(), key(" "), TRACKS)).toBe(false);
});
