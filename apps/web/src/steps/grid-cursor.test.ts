import { describe, expect, it } from "vitest";
import { chosenFrames, type GridCursor, movedByKey, movedTo } from "./grid-cursor.ts";

const shape = { frames: 100, layers: 16, leap: 13 };
const cursor: GridCursor = { frame: 50, layer: 8, anchor: 50 };

describe("the cursor in the codes", () => {
  it.each([
    ["ArrowLeft", { frame: 49, layer: 8 }],
    ["ArrowRight", { frame: 51, layer: 8 }],
    ["ArrowUp", { frame: 50, layer: 7 }],
    ["ArrowDown", { frame: 50, layer: 9 }],
    ["PageUp", { frame: 37, layer: 8 }],
    ["PageDown", { frame: 63, layer: 8 }],
    ["Home", { frame: 0, layer: 8 }],
    ["End", { frame: 99, layer: 8 }],
  ])("moves with %s", (key, expected) => {
    expect(movedByKey(cursor, key, false, shape)).toEqual({ ...expected, anchor: expected.frame });
  });

  it("stays where the codes end", () => {
    const last = { frame: 99, layer: 15, anchor: 99 };
    for (const key of ["ArrowRight", "ArrowDown", "PageDown"]) expect(movedByKey(last, key, false, shape)).toEqual(last);
  });

  it("leaves other keys to the page", () => {
    expect(movedByKey(cursor, "Tab", false, shape)).toBeUndefined();
  });

  it("keeps the anchor when the choice is extended, in either direction", () => {
    const back = movedByKey(cursor, "PageUp", true, shape);
    expect(back && chosenFrames(back)).toEqual({ start: 37, end: 51 });
    const on = movedByKey(cursor, "End", true, shape);
    expect(on && chosenFrames(on)).toEqual({ start: 50, end: 100 });
  });

  it("comes back into codes that have become shorter", () => {
    expect(movedTo({ frame: 90, layer: 15, anchor: 95 }, true, { frames: 40, layers: 8 })).toEqual({ frame: 39, layer: 7, anchor: 39 });
  });
});
