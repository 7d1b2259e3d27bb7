import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Conversion, planConversions } from "./conversions.ts";

const folder = mkdtempSync(join(tmpdir(), "twelvehz-test-"));
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  for (const name of ["a.wav", "b.wav", "a.flac"]) writeFileSync(at(name), name);
  mkdirSync(at("out"));
  symlinkSync("a.wav", at("symbolic.t12"));
  linkSync(at("a.wav"), at("hard.t12"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function plan(inputs: string[], output?: string, side?: string): Promise<Conversion[]> {
  return planConversions({ inputs, output, extension: ".t12", side });
}

async function outputsOf(inputs: string[], output?: string): Promise<string[]> {
  return (await plan(inputs, output)).map(({ output: to }) => to);
}

describe("the plan of conversions", () => {
  it("puts outputs beside their inputs, with another extension", async () => {
    expect(await plan([at("a.wav"), at("b.wav")])).toEqual([
      { input: at("a.wav"), output: at("a.t12") },
      { input: at("b.wav"), output: at("b.t12") },
    ]);
    expect(await outputsOf(["talk.tar.mp3", "sub/.hidden", "plain"])).toEqual(["talk.tar.t12", "sub/.hidden.t12", "plain.t12"]);
  });

  it("puts them into a folder that is there, or that is said to be one", async () => {
    expect(await outputsOf([at("a.wav"), "other/b.wav"], at("out"))).toEqual([at("out/a.t12"), at("out/b.t12")]);
    expect(await outputsOf(["a.wav"], at("new/"))).toEqual([at("new/a.t12")]);
    expect(await outputsOf(["-"], at("out"))).toEqual([at("out/stdin.t12")]);
  });

  it("takes one input to the name that is given, or through the pipe that it came from", async () => {
    expect(await outputsOf([at("a.wav")], at("x.npy"))).toEqual([at("x.npy")]);
    expect(await outputsOf(["-"])).toEqual(["-"]);
    expect(await outputsOf([at("a.wav")], "-")).toEqual(["-"]);
    expect(await outputsOf(["-"], at("x.npy"))).toEqual([at("x.npy")]);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ["several inputs for one file", () => plan([at("a.wav"), at("b.wav")], at("x.t12")), /2 outputs.*give a folder/],
    ["several inputs for the standard output", () => plan([at("a.wav"), at("b.wav")], "-"), /2 outputs/],
    ["two inputs of one name", () => plan([at("a.wav"), at("a.flac")]), /two outputs.*a\.t12/],
    ["an input twice", () => plan([at("a.wav"), `${folder}/./a.wav`]), /two outputs/],
    ["the standard input twice", () => plan(["-", "-"]), /two outputs/],
    ["its input as output", () => plan([at("a.wav")], at("a.wav")), /over an input/],
    ["its input as output by another path", () => plan([at("a.wav")], `${folder}/out/../a.wav`), /over an input/],
    ["its input through a symbolic link", () => plan([at("a.wav")], at("symbolic.t12")), /over an input/],
    ["its input through a hard link", () => plan([at("a.wav")], at("hard.t12")), /over an input/],
    ["the input of another conversion as output", () => plan([at("b.wav"), at("b.t12")]), /over an input|two outputs/],
    ["an input that is not there as its own output", () => plan(["none.t12"]), /over an input/],
    ["one second output for several inputs", () => plan([at("a.wav"), at("b.wav")], undefined, at("c.t12")), /one by one/],
    ["the output as second output", () => plan([at("a.wav")], at("x.t12"), at("x.t12")), /two outputs/],
    ["the input as second output", () => plan([at("a.wav")], at("x.t12"), at("a.wav")), /over an input/],
    ["the standard output twice", () => plan([at("a.wav")], "-", "-"), /two outputs/],
  ])("refuses %s", async (_, work, says) => {
    await expect(work()).rejects.toMatchObject({ code: "usage", message: expect.stringMatching(says) as string });
  });
});
