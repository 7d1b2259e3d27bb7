import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Audio, writeAudio } from "@twelvehz/codec/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClipFile, listClips } from "@twelvehz/clips";
import { openConditions } from "./condition-list.ts";

const folder = mkdtempSync(join(tmpdir(), "twelvehz-conditions-"));
let clips: ClipFile[];

beforeAll(async () => {
  for (const [name, step] of [
    ["a", 0.1],
    ["b", 0.17],
  ] as const) {
    const samples = Float32Array.from({ length: 24_000 }, (_, n) => 0.3 * Math.sin(step * n));
    await writeAudio(join(folder, `${name}.wav`), new Audio(samples, 24_000));
  }
  clips = await listClips(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function names(list: string, noise?: string): Promise<string[]> {
  return (await openConditions(list, { clips, seconds: 1, noise })).conditions.map(({ name }) => name);
}

describe("the list of conditions", () => {
  it("knows short names and long ones, with their numbers or without", async () => {
    expect(await names("clean, noise:-5,white:0,reverb,reverb:0.8,level,telephone,phone,pc,speaker,level 6 dB")).toEqual([
      "clean",
      "pink noise -5 dB",
      "white noise 0 dB",
      "reverberation 0.5 s",
      "reverberation 0.8 s",
      "level -30 dB",
      "telephone band",
      "playback phone",
      "playback PC",
      "playback smart speaker",
      "level 6 dB",
    ]);
  });

  it("takes noise from recordings, and says which it took, for that condition alone", async () => {
    const { conditions, identities } = await openConditions("clean,noise:5,white:5", { clips, seconds: 1, noise: folder });
    expect(conditions.map(({ name }) => name)).toEqual(["clean", "noise 5 dB", "white noise 5 dB"]);
    expect(Object.keys(identities)).toEqual(["noise 5 dB"]);
    const other = await openConditions("noise:5", { clips, seconds: 1, noise: join(folder, "a.wav") });
    expect(other.identities["noise 5 dB"]).not.toBe(identities["noise 5 dB"]);
  });

  it("lets the clips talk over each other", async () => {
    const { conditions, identities } = await openConditions("talkers:0", { clips, seconds: 1 });
    expect(Object.keys(identities)).toEqual(["two talkers 0 dB"]);
    const clip = new Audio(
      Float32Array.from({ length: 24_000 }, (_, n) => 0.3 * Math.sin(0.1 * n)),
      24_000,
    );
    expect(conditions[0].apply(clip, "a.wav").samples).not.toEqual(clip.samples);
  });

  it("names a talker that cannot be read, or leaves it out where that is wanted", async () => {
    const path = join(folder, "empty.wav");
    await writeAudio(path, new Audio(new Float32Array(0), 24_000));
    const sources = { clips: [...clips, { name: "empty.wav", path }], seconds: 1 };
    await expect(openConditions("talkers:0", sources)).rejects.toMatchObject({
      message: /^Cannot read ".*empty\.wav": it holds no samples/,
    });
    const { identities } = await openConditions("talkers:0", { ...sources, skipBad: true });
    expect(identities).toEqual((await openConditions("talkers:0", { clips, seconds: 1 })).identities);
  });

  it.each(["rain", "telephone:5", "noise:loud", "reverb:9", ""])("refuses %j", async (list) => {
    await expect(names(list)).rejects.toMatchObject({ code: "usage" });
  });
});
