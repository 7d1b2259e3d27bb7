import { describe, expect, it } from "vitest";
import { edited, historyOf, redone, undone } from "./edit-history.ts";

describe("the history of edits", () => {
  it("goes back and forward through every state", () => {
    const history = edited(edited(historyOf("a"), "b"), "c");
    const back = undone(undone(history));
    expect(back.present).toBe("a");
    expect(redone(redone(back))).toEqual(history);
  });

  it("stays at its ends", () => {
    const history = historyOf("a");
    expect(undone(history)).toBe(history);
    expect(redone(history)).toBe(history);
  });

  it("forgets what was undone when something else is done", () => {
    expect(edited(undone(edited(historyOf("a"), "b")), "c")).toEqual({ past: ["a"], present: "c", future: [] });
  });

  it("keeps the last hundred states", () => {
    let history = historyOf(0);
    for (let i = 1; i <= 150; i++) history = edited(history, i);
    for (let i = 0; i < 200; i++) history = undone(history);
    expect(history.present).toBe(50);
  });
});
