import { describe, expect, it } from "vitest";
import { type Lane, runLanes } from "./lanes.ts";

/** Lanes that note what they did; an item that begins with "bad" fails. */
function notebook(): { open: (name: string) => () => Promise<Lane<string>>; notes: string[] } {
  const notes: string[] = [];
  const open = (name: string) => async (): Promise<Lane<string>> => {
    if (name.startsWith("closed")) throw new Error(`cannot open ${name}`);
    return {
      work: async (item) => {
        notes.push(item);
        await Promise.resolve();
        if (item.startsWith("bad")) throw new Error(item);
      },
      close: async () => void notes.push(`${name} closes`),
    };
  };
  return { open, notes };
}

describe("lanes", () => {
  it("do every item once, in their order, and close", async () => {
    const { open, notes } = notebook();
    await runLanes(["a", "b", "c", "d", "e"], [open("one"), open("two")]);
    expect(notes.filter((note) => note.length === 1)).toEqual(["a", "b", "c", "d", "e"]);
    expect(notes.filter((note) => note.endsWith("closes")).sort()).toEqual(["one closes", "two closes"]);
  });

  it("share the work: a slow lane takes fewer items", async () => {
    const done: string[] = [];
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const lane = (name: string, wait?: Promise<void>) => async (): Promise<Lane<number>> => ({
      work: async (item) => {
        await wait;
        done.push(`${name}${item}`);
        if (item === 3) release();
      },
      close: async () => {},
    });
    await runLanes([1, 2, 3], [lane("slow", gate), lane("quick")]);
    expect(done).toEqual(["quick2", "quick3", "slow1"]);
  });

  it("begin nothing more after a failure, tell it at once, and close all", async () => {
    const { open, notes } = notebook();
    const told: unknown[] = [];
    const work = runLanes(["a", "bad", "c", "d", "e"], [open("one")], { onFailure: (error) => told.push((error as Error).message) });
    await expect(work).rejects.toThrow("bad");
    expect([notes, told]).toEqual([["a", "bad", "one closes"], ["bad"]]);
  });

  it("that cannot be opened are a failure, and the others are closed", async () => {
    const { open, notes } = notebook();
    await expect(runLanes([], [open("one"), open("closed")])).rejects.toThrow("cannot open closed");
    expect(notes).toEqual(["one closes"]);
  });
});
