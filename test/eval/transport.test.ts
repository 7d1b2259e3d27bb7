/** Codecs over links that lose packets, as `twelvehz eval` compares them. */
import { type Audio, openCodec, readAudio } from "@twelvehz/codec/node";
import {
  codecLayers,
  type CodedClip,
  type CodecUnderTest,
  evaluate,
  linkLoss,
  openCodecs,
  openConditions,
  UNPROCESSED,
} from "@twelvehz/eval/node";
import { listClips } from "@twelvehz/clips";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { soundPath } from "../support/command.ts";

let clip: Audio;
let opened: Awaited<ReturnType<typeof openCodecs>>;
let codecs: Readonly<Record<string, CodecUnderTest>>;
const LIST = ["transport:16", "transport:16+16@1", "transport:2x16+16@1/rtp/tag4", "opus-rtp:16", "opus-rtp-fec:16", "opus:16"];

beforeAll(async () => {
  clip = await readAudio(soundPath("english.flac"));
  opened = await openCodecs(LIST.join(","));
  codecs = Object.fromEntries(LIST.map((name, i) => [name, opened.codecs[i]]));
});
afterAll(() => opened.close());

function over(codec: CodecUnderTest, lost: (packet: number) => boolean): Promise<CodedClip> {
  let packet = -1;
  return (codec.overLink as NonNullable<CodecUnderTest["overLink"]>)(clip, { loss: 0.2, isLost: () => lost(++packet) });
}

describe("codecs over packets", () => {
  it("have names that tell them apart", () => {
    const names = opened.codecs.map(({ name }) => name);
    expect(new Set(names).size).toBe(LIST.length);
    expect(names[0]).toMatch(/^twelvehz-compact-\d+, 16 over UDP$/);
    expect(names.slice(2, 5)).toEqual([
      expect.stringMatching(/, 2x16\+16@1 over RTP, tags of 4 bytes$/),
      "Opus 16 kbit/s CBR over RTP",
      "Opus 16 kbit/s CBR over RTP, FEC",
    ]);
  });

  it("sound without loss as the model does, and count every byte of a packet", async () => {
    const model = await openCodec("compact");
    const [plain, sent] = [await codecLayers(model, 16).roundTrip(clip), await codecs["transport:16"].roundTrip(clip)];
    await model.close();
    expect(sent.audio.samples).toEqual(plain.audio.samples);
    expect(sent.byteLength).toBe(13 * (1 + 22 + 3 + 8 + 28));
    const two = await codecs["transport:2x16+16@1/rtp/tag4"].roundTrip(clip);
    expect(two.byteLength).toBe(6 * (1 + 88 + 3 + 4 + 40) + (1 + 44 + 3 + 4 + 40)); // the thirteenth frame goes alone
    const opus = await codecs["opus:16"].roundTrip(clip);
    expect((await codecs["opus-rtp:16"].roundTrip(clip)).byteLength - opus.byteLength).toBe((40 * opus.byteLength) / 40);
  });

  it("sound as without loss where each copy comes, and otherwise where it does not", async () => {
    const whole = (await codecs["transport:16+16@1"].roundTrip(clip)).audio.samples;
    expect((await over(codecs["transport:16+16@1"], (packet) => packet % 2 === 1 && packet < 12)).audio.samples).toEqual(whole);
    const concealed = (await over(codecs["transport:16"], (packet) => packet % 2 === 1)).audio;
    expect(concealed.samples).not.toEqual(whole);
    expect(concealed.samples.length).toBe(clip.samples.length);
    expect(Math.max(...(await over(codecs["transport:16"], () => true)).audio.samples.map(Math.abs))).toBeLessThan(0.01);
  });

  it("lose packets of Opus by the same link", async () => {
    const clean = (await codecs["opus-rtp:16"].roundTrip(clip)).audio.samples;
    expect((await over(codecs["opus-rtp:16"], () => false)).audio.samples).toEqual(clean);
    expect((await over(codecs["opus-rtp:16"], (packet) => packet % 5 === 0)).audio.samples).not.toEqual(clean);
  });
});

describe("an evaluation over links", () => {
  it("measures transport and Opus, and nothing that has no packets", async () => {
    const clips = (await listClips(soundPath("english.flac"))).slice(0, 1);
    const { conditions } = await openConditions("clean,loss:20,burst:20x2.5", { clips, seconds: 1 });
    const chosen = [codecs["transport:16"], codecs["opus-rtp:16"]];
    const { trials } = await evaluate({ clips, conditions, codecs: chosen, measures: ["stoi"], jobs: 1 });
    expect(trials.map(({ codec }) => codec)).not.toContain(UNPROCESSED);
    expect(trials.length).toBe(6);
    expect(trials.every(({ inputValues }) => inputValues === undefined)).toBe(true);
    const bare: CodecUnderTest = { ...chosen[0], name: "bare", overLink: undefined };
    const refused = evaluate({ clips, conditions: [linkLoss({ loss: 0.1 })], codecs: [bare], measures: ["stoi"] });
    await expect(refused).rejects.toMatchObject({ code: "usage", message: expect.stringContaining("Cannot send bare over a link") });
  });

  it.each([
    ["transport:17@2", /such as 16\+8@1/],
    ["transport:16/telegraph", /"telegraph" is no carrier/],
    ["transport", /one layout after it/],
    ["transport:16+8@1,8", /one layout after it/],
  ])("refuses the codec %s", async (list, says) => {
    await expect(openCodecs(list)).rejects.toMatchObject({ code: "usage", message: expect.stringMatching(says) });
  });
});
