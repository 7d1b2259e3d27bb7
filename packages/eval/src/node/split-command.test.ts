import { describe, expect, it } from "vitest";
import { splitCommand } from "./split-command.ts";

describe("splitCommand", () => {
  it.each([
    ["codec {in} {out}", ["codec", "{in}", "{out}"]],
    ["  a\t b\n c ", ["a", "b", "c"]],
    ["a 'b c' d", ["a", "b c", "d"]],
    ['a "b \\"c\\" \\\\" d', ["a", 'b "c" \\', "d"]],
    ["--rate='8 k'x", ["--rate=8 kx"]],
    ["a\\ b '' c", ["a b", "", "c"]],
    ["echo $HOME | cat *", ["echo", "$HOME", "|", "cat", "*"]],
    ["sh -c 'x \"$1\" > {out}' {in}", ["sh", "-c", 'x "$1" > {out}', "{in}"]],
  ])("takes %j apart", (line, words) => {
    expect(splitCommand(line)).toEqual(words);
  });

  it.each(["a 'b", 'a "b', "a b\\"])("refuses what is not closed: %j", (line) => {
    expect(() => splitCommand(line)).toThrow(expect.objectContaining({ code: "usage", message: expect.stringContaining("is not closed") }));
  });

  it.each(["", "   "])("refuses no words: %j", (line) => {
    expect(() => splitCommand(line)).toThrow(expect.objectContaining({ code: "usage" }));
  });
});
