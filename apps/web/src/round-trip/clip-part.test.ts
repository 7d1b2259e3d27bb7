import { Audio } from "@twelvehz/codec";
import { beforeEach, expect, test } from "vitest";
import { choosePart, partKey, show, transport, view, viewNow } from "./clip-part.ts";

const press = (key: string): boolean => partKey({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false });

beforeEach(() => {
  transport.setTrack("original", new Audio(new Float32Array(1000), 100));
  choosePart(undefined);
  show(undefined);
  transport.seek(0);
});

test("the keys zoom around where it plays, and back to all", () => {
  transport.seek(4);
  expect(press("+")).toBe(true);
  expect(viewNow.value).toEqual({ start: 2, end: 7 });
  press("+");
  expect(viewNow.value).toEqual({ start: 3, end: 5.5 });
  press("-");
  press("-");
  expect(view.value).toBeUndefined();
  press("+");
  press("0");
  expect(viewNow.value).toEqual({ start: 0, end: 10 });
});

test("the keys choose a part, move its ends, and give it up", () => {
  transport.seek(2);
  press("[");
  expect(transport.loop.value).toEqual({ start: 2, end: 10 });
  transport.seek(5);
  press("]");
  expect(transport.loop.value).toEqual({ start: 2, end: 5 });
  transport.seek(3);
  press("[");
  expect(transport.loop.value).toEqual({ start: 3, end: 5 });
  transport.seek(7);
  press("[");
  expect(transport.loop.value).toEqual({ start: 7, end: 10 }); // an end before the beginning is none
  press("Escape");
  expect(transport.loop.value).toBeUndefined();
});

test("zooming with a part is around the part", () => {
  choosePart({ start: 6, end: 8 });
  press("+");
  expect(viewNow.value).toEqual({ start: 3.5, end: 8.5 });
});

test("other keys, and keys with Control, are not for parts", () => {
  expect([press("x"), partKey({ key: "-", shiftKey: false, ctrlKey: true, metaKey: false, altKey: false })]).toEqual([false, false]);
});
