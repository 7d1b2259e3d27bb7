/** The lines of C in README and embedded/README, compiled as they stand, and run on a clip. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Audio, Codes, exportC, openCodec, specOf, writeTokenFile } from "@twelvehz/codec/node";
import { writeCommandPacket } from "@twelvehz/transport";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../root.ts";
import { compileInC, compilers, hasCompiler } from "../support/c-compiler.ts";
import { golden, goldenCodes, MODEL_FOLDER } from "../support/golden.ts";

const LAYERS = 16;
const FRAMES = 30;
const BLOCK_FRAMES = 3;
const [HEADER_BYTES, BLOCK_BYTES] = [52, 14 + (BLOCK_FRAMES * LAYERS * 11) / 8];
const DAMAGED = 4;
const PAGES = ["README.md", "embedded/README.md"];
const EMBEDDED = "embedded/README.md";
const place = mkdtempSync(join(tmpdir(), "twelvehz-readme-c-"));
afterAll(() => rmSync(place, { recursive: true }));

/** The blocks of C of a page, in order, as one file. */
function linesOf(page: string): string {
  return [...readFileSync(join(root, page), "utf8").matchAll(/```c\n([\s\S]*?)```/g)].map(([, code]) => code).join("\n");
}

it("are the same in README.zh.md, but for remarks", () => {
  const bare = (page: string): string => linesOf(page).replaceAll(/\s*\/\*[\s\S]*?\*\//g, "");
  expect(bare("README.zh.md")).toBe(bare("README.md"));
});

describe.skipIf(!hasCompiler)("the lines of C in the READMEs", () => {
  const codes = new Codes(goldenCodes(), LAYERS);
  const file = writeTokenFile(codes, { blockFrames: BLOCK_FRAMES });
  const blob = join(place, "t12d.bin");
  const programs = new Map<string, string>();
  let player = "";
  beforeAll(async () => {
    await exportC(MODEL_FOLDER, place, { parts: "both" });
    player = compileInC(join(place, "player"), [], ["examples/t12play.c"], compilers[0], "fast")("t12play");
    for (const [i, page] of PAGES.entries()) {
      const folder = join(place, String(i));
      mkdirSync(folder);
      writeFileSync(join(folder, "t12d.h"), readFileSync(join(place, "t12d.h")));
      writeFileSync(join(folder, "lines.h"), linesOf(page));
      programs.set(page, compileInC(join(folder, "built"), [], ["test/readme.c"])("readme"));
    }
  });

  function run(page: string, what: string, input: Uint8Array, from = blob): { status: number | null; bytes: Buffer } {
    const { status, stdout, stderr } = spawnSync(programs.get(page)!, [from, what], { input, maxBuffer: 2 ** 26 });
    expect(stderr.toString()).toBe("");
    return { status, bytes: stdout };
  }

  const samplesOf = ({ bytes }: { bytes: Buffer }): number => bytes.length / 2;

  it.each(PAGES)("%s: a clip sounds as t12play plays it, to its end", (page) => {
    const { status, bytes } = run(page, "link", file);
    const wav = spawnSync(player, [blob], { input: file, maxBuffer: 2 ** 26 }).stdout;
    expect([status, bytes.length]).toEqual([0, FRAMES * 1920 * 2]);
    expect(Buffer.compare(bytes, wav.subarray(44))).toBe(0);
  });

  it.each(PAGES)("%s: what is lost is concealed; what is damaged, told, and no reason to end or to go on for ever", (page) => {
    const [from, to] = [3, 5].map((block) => HEADER_BYTES + block * BLOCK_BYTES);
    const cut = run(page, "link", Buffer.concat([file.subarray(0, from), file.subarray(to)]));
    expect([cut.status, samplesOf(cut)]).toEqual([0, FRAMES * 1920]);

    const changed = run(page, "link", file.with(from! + 20, file[from! + 20]! ^ 1));
    expect([changed.status, samplesOf(changed)]).toEqual([DAMAGED, FRAMES * 1920]);

    const number = from! + 4 + 3; // the highest byte of the number of the block's first frame
    const farAway = run(page, "link", file.with(number, 0x70));
    expect(farAway.status).toBe(DAMAGED);
    expect(samplesOf(farAway)).toBeLessThanOrEqual(FRAMES * 1920);
  });

  it.each(PAGES)("%s: a damaged blob is refused before anything sounds", (page) => {
    const flipped = readFileSync(blob);
    flipped[flipped.length >> 1]! ^= 1;
    writeFileSync(join(place, "flipped.bin"), flipped);
    const { status, bytes } = run(page, "link", file, join(place, "flipped.bin"));
    expect([status, bytes.length]).toEqual([DAMAGED, 0]);
  });

  it(`${EMBEDDED}: a packet sounds, a changed one does not`, async () => {
    const codec = await openCodec(MODEL_FOLDER);
    const packet = writeCommandPacket(new Codes(goldenCodes(), LAYERS, specOf(codec.info)));
    await codec.close();
    const played = run(EMBEDDED, "packet", packet);
    expect([played.status, samplesOf(played)]).toEqual([0, FRAMES * 1920]);
    expect(Buffer.compare(played.bytes, run(EMBEDDED, "link", file).bytes)).toBe(0);
    expect(run(EMBEDDED, "packet", packet.with(40, packet[40]! ^ 1)).status).toBe(DAMAGED);
  });

  it(`${EMBEDDED}: samples become the codes of TypeScript, nearly all`, async () => {
    const pcm = Int16Array.from(golden("decoded") as Float32Array, (x) => Math.round(x * 32767));
    const { status, bytes } = run(EMBEDDED, "encode", new Uint8Array(pcm.buffer));
    const found = new Uint16Array(new Uint8Array(bytes).buffer);
    const codec = await openCodec(MODEL_FOLDER);
    const sound = Float32Array.from(pcm, (x) => x / 32768);
    const wanted = await codec.encode(new Audio(sound, codec.info.sampleRate));
    await codec.close();
    expect([status, found.length]).toEqual([0, wanted.data.length]);
    expect(wanted.data.filter((code, i) => code === found[i]).length / found.length).toBeGreaterThan(0.8);
  });
});
