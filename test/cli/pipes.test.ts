/**
 * Standard streams under their other names, process substitution, and outputs that are refused
 * before the work.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Codes, serializeCodes } from "@twelvehz/codec/node";
import { describe, expect, it } from "vitest";
import { root } from "../root.ts";
import { listing, soundPath, temporaryFolder } from "../support/command.ts";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const command = `"${process.execPath}" "${join(root, "packages/cli/dist/main.js")}"`;
const codes = new Codes(new Int16Array(16 * 16), 16);
writeFileSync(at("in.npy"), serializeCodes(codes, "npy"));

/** Runs a line of bash in which `twelvehz` is the command. */
function bash(line: string): { status: number | null; stderr: string } {
  return spawnSync("bash", ["-c", line.replaceAll("twelvehz ", `${command} `)], { cwd: folder, encoding: "utf8" });
}

describe.skipIf(!existsSync("/dev/stdout"))("the standard streams by other names", () => {
  it.each([
    ["/dev/stdout into a file", "twelvehz decode in.npy -o /dev/stdout > a.wav", "a.wav"],
    ["/dev/fd/1 into a pipe", "twelvehz decode in.npy -o /dev/fd/1 | cat > b.wav", "b.wav"],
    ["/dev/stdin from a pipe", "cat in.npy | twelvehz decode /dev/stdin -o c.wav", "c.wav"],
    ["/dev/stdin from a file", "twelvehz decode /dev/stdin -o d.wav < in.npy", "d.wav"],
    ["a process substitution", "twelvehz decode <(cat in.npy) > e.wav", "e.wav"],
  ])("%s carry nothing but the sound", (_, line, name) => {
    const { status, stderr } = bash(line);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const wav = readFileSync(at(name));
    expect(wav.subarray(0, 4).toString()).toBe("RIFF");
    expect(wav.length).toBe(44 + 2 * 16 * 1920);
  });
});

describe("what is refused before the work", () => {
  it.each([
    [
      "a name of another format of sound",
      "twelvehz decode in.npy -o x.mp3",
      2,
      /Cannot write WAV as "x\.mp3": choose a name that ends in \.wav/,
    ],
    ["a name without format for a round trip", `twelvehz roundtrip "${soundPath("chinese.wav")}" -o x`, 2, /Cannot write WAV as "x"/],
    ["codes of no known format beside it", `twelvehz roundtrip "${soundPath("chinese.wav")}" -o x.wav --codes x.foo`, 2, /format of codes/],
    ["an unknown format of codes", `twelvehz encode "${soundPath("chinese.wav")}" -o x.foo`, 2, /format of codes/],
    ["axes that do not exist", "twelvehz decode in.npy --axes XY -o x.wav", 2, /Allowed choices are TK, KT/],
  ])("%s", (_, line, status, says) => {
    const run = bash(line);
    expect(run.stderr).toMatch(says);
    expect(run.status).toBe(status);
    expect(listing(folder).filter((name) => name.startsWith("x"))).toEqual([]);
  });
});

describe("the order of axes", () => {
  it("is noted where the shape may be either, and taken from --axes", () => {
    const noted = bash("twelvehz decode in.npy -o n.wav");
    expect(noted.stderr).toMatch(/note in "in\.npy": read as 16 frames of 16 layers.*--axes KT/);
    expect(noted.status).toBe(0);
    expect(bash("twelvehz decode in.npy --axes KT -o k.wav").stderr).toBe("");
  });
});
