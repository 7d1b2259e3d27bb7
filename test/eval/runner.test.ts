/** The runner with codecs whose results are known. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Audio, writeAudio } from "@twelvehz/codec/node";
import {
  type ClipFile,
  type CodecUnderTest,
  type Condition,
  evaluate,
  type EvaluateOptions,
  listClips,
  type MeasureFamily,
  reportExamples,
} from "@twelvehz/eval/node";
import { beforeAll, describe, expect, it } from "vitest";
import { listing, temporaryFolder } from "../support/command.ts";

const RATE = 24_000;
const folder = temporaryFolder();
const MEASURES = ["level", "clipping", "duration"];

const clean: Condition = { name: "clean", apply: (clip) => clip };
/** Half as loud. */
const soft: Condition = {
  name: "soft",
  apply: ({ samples, sampleRate }) =>
    new Audio(
      samples.map((x) => x / 2),
      sampleRate,
    ),
};

const speaker: Condition = { ...soft, name: "speaker", stage: "playback" };

function peak(samples: Float32Array): number {
  return samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

/** A codec that makes a clip louder or softer; it keeps what it is given. */
class Amplifier implements CodecUnderTest {
  readonly name: string;
  readonly algorithmicDelaySeconds = 0.02;
  readonly heard: Float32Array[] = [];
  readonly #gain: number;
  /** Called before every clip. */
  onClip: () => void = () => undefined;

  constructor(name: string, gain: number) {
    this.name = name;
    this.#gain = gain;
  }

  async roundTrip({ samples, sampleRate }: Audio) {
    this.onClip();
    this.heard.push(samples);
    return {
      audio: new Audio(
        samples.map((x) => x * this.#gain),
        sampleRate,
      ),
      byteLength: 250,
      delaySeconds: 0.01,
    };
  }
}

function speechLike(seconds: number): Audio {
  const samples = Float32Array.from({ length: seconds * RATE }, (_, n) => 0.2 * Math.sin(n / 17) * Math.sin(n / 3100));
  return new Audio(samples, RATE);
}

let clips: ClipFile[];

beforeAll(async () => {
  await writeAudio(join(folder, "a.wav"), speechLike(1));
  await writeAudio(join(folder, "b.wav"), speechLike(1.5));
  await writeAudio(join(folder, "c.wav"), new Audio(new Float32Array(RATE), RATE));
  clips = await listClips(folder);
});

function run(options: Partial<EvaluateOptions>) {
  return evaluate({ clips, codecs: [new Amplifier("half", 0.5)], conditions: [clean], measures: MEASURES, jobs: 2, ...options });
}

/** Everything but the day and the machine. */
function found(results: Awaited<ReturnType<typeof run>>) {
  return { ...results, made: undefined };
}

describe("the runner", () => {
  it("compares what came out with the clean clip, and with what went in where that is another", async () => {
    const { trials, codecs } = await run({ clips: clips.slice(0, 1), conditions: [clean, soft] });
    expect(trials.map(({ condition, codec }) => [condition, codec])).toEqual([
      ["clean", "half"],
      ["soft", "unprocessed"],
      ["soft", "half"],
    ]);
    expect(trials[0].values["level"]).toBeCloseTo(-6.02, 2);
    expect(trials[0].inputValues).toBeUndefined();
    expect(trials[1].values["level"]).toBeCloseTo(-6.02, 2);
    expect(trials[2].values["level"]).toBeCloseTo(-12.04, 2);
    expect(trials[2].inputValues?.["level"]).toBeCloseTo(-6.02, 2);
    expect(codecs).toEqual([{ codec: "half", kilobitsPerSecond: 2, algorithmicDelaySeconds: 0.02, foundDelaySeconds: 0.01 }]);
  });

  it("plays what came out as it plays the clip, after the codec and not before it", async () => {
    const codec = new Amplifier("half", 0.5);
    const options = { clips: clips.slice(0, 1), codecs: [codec], conditions: [speaker] };
    const results = await run(options);
    const [unprocessed, played] = results.trials;
    expect(unprocessed.values["level"]).toBeCloseTo(-6.02, 2);
    expect(played.values["level"]).toBeCloseTo(-6.02, 2); // not -12: the reference is played by the same device
    expect(played.inputValues).toBeUndefined();
    const [{ sounds }] = await reportExamples(results, options);
    expect(sounds.map(({ name, audio }) => [name, peak(audio.samples).toFixed(2)])).toEqual([
      ["Original, speaker", "0.10"],
      ["half", "0.05"],
    ]);
    expect(codec.heard.map((samples) => peak(samples).toFixed(2))).toEqual(["0.20", "0.20"]);
  });

  it("leaves a clip of silence out of means, and counts it", async () => {
    const { means } = await run({});
    expect(means.find(({ measure }) => measure === "level")).toMatchObject({ count: 2, undefinedCount: 1 });
  });

  it("lists a clip that a condition cannot have, and goes on", async () => {
    const { conditions } = await import("@twelvehz/eval/node").then(({ openConditions }) =>
      openConditions("clean,noise:5", { clips, seconds: 2 }),
    );
    const { failures, trials } = await run({ conditions });
    expect(failures).toEqual([{ clip: "c.wav", condition: "pink noise 5 dB", reason: expect.any(String) as string }]);
    expect(trials.filter(({ clip }) => clip === "c.wav")).toHaveLength(1);
  });

  it("cuts clips", async () => {
    const codec = new Amplifier("one", 1);
    const { trials } = await run({ codecs: [codec], seconds: 0.75 });
    expect(codec.heard.map(({ length }) => length)).toEqual([0.75, 0.75, 0.75].map((seconds) => seconds * RATE));
    expect(trials[0].seconds).toBe(0.75);
  });

  it("gives the same results with any number of jobs", async () => {
    const codecs = [new Amplifier("half", 0.5), new Amplifier("twice", 2)];
    expect(found(await run({ codecs, conditions: [clean, soft], jobs: 1 }))).toEqual(
      found(await run({ codecs, conditions: [clean, soft], jobs: 3 })),
    );
  });

  it("goes on where it was stopped, with equal results", async () => {
    const journal = join(folder, "stopped.journal");
    const controller = new AbortController();
    const codec = new Amplifier("half", 0.5);
    codec.onClip = () => codec.heard.length === 1 && controller.abort();
    const options = { conditions: [clean, soft], journal, jobs: 1 };
    await expect(run({ ...options, codecs: [codec], signal: controller.signal })).rejects.toMatchObject({ code: "aborted" });
    const kept = readFileSync(journal, "utf8");
    const again = new Amplifier("half", 0.5);
    let resumed = 0;
    const results = await run({ ...options, codecs: [again], onProgress: (progress) => (resumed = progress.resumed) });
    expect(kept.split("\n").length - 1).toBe(resumed);
    expect([resumed, again.heard.length]).toEqual([2, 5]);
    expect(found(results)).toEqual(found(await run({ conditions: [clean, soft] })));
  });

  it("does again what depends on something that has changed, or everything when told to", async () => {
    const journal = join(folder, "changed.journal");
    const times = async (options: Partial<EvaluateOptions>): Promise<number> => {
      const codec = new Amplifier("half", 0.5);
      await run({ journal, codecs: [codec], ...options });
      return codec.heard.length;
    };
    expect(await times({})).toBe(3);
    expect(await times({})).toBe(0);
    expect(await times({ measures: ["level"] })).toBe(3);
    expect(await times({ identities: { half: "another model" } })).toBe(3);
    expect(await times({ seconds: 1 })).toBe(1);
    expect(await times({ fresh: true })).toBe(3);
  });

  it("takes measures of other kinds, and says which they are", async () => {
    const info = {
      id: "loudness",
      label: "Loudness",
      unit: "",
      better: "higher",
      decimals: 1,
      shortestSeconds: 0,
      description: "made by a test",
    } as const;
    const extra: MeasureFamily = { measures: [info], compute: async (_, { samples }) => ({ loudness: samples.length }) };
    const { measures, trials } = await run({ measures: ["level", "loudness"], extraFamilies: [extra] });
    expect(measures.at(-1)).toEqual(info);
    expect(trials[0].values["loudness"]).toBe(RATE);
  });

  it("judges clips by themselves too, where a measure does: before the codec and after it, and not against the input", async () => {
    const measures = ["level", "alone"];
    const info = {
      id: "alone",
      label: "Alone",
      unit: "",
      better: "higher",
      decimals: 1,
      shortestSeconds: 0,
      noReference: true,
      description: "made by a test",
    } as const;
    const extra: MeasureFamily = { measures: [info], compute: (_, { samples }) => ({ alone: Math.max(...samples) }) };
    const { trials } = await run({ measures, extraFamilies: [extra], conditions: [clean, soft], clips: clips.slice(0, 1) });
    expect(trials.map(({ codec, values, inputValues }) => [codec, Object.keys(values), Object.keys(inputValues ?? {})])).toEqual([
      ["unprocessed", ["alone"], []],
      ["half", ["level", "alone"], []],
      ["unprocessed", ["level", "alone"], []],
      ["half", ["level", "alone"], ["level"]],
    ]);
    expect(trials[0].values["alone"]).toBeCloseTo(4 * trials[3].values["alone"], 5);
  });

  it("asks a codec with a timing of its own only for what can be compared", async () => {
    const speaker: CodecUnderTest = {
      name: "speaker",
      algorithmicDelaySeconds: undefined,
      roundTrip: async () => ({ audio: speechLike(2), byteLength: 3, delaySeconds: 0, hasOwnTiming: true }),
    };
    const { trials } = await run({ codecs: [speaker], clips: clips.slice(0, 1) });
    expect(trials).toMatchObject([{ codec: "speaker", values: {} }]);
  });
});

describe("what cannot be evaluated", () => {
  const broken: CodecUnderTest = {
    name: "broken",
    algorithmicDelaySeconds: 0,
    roundTrip: async (clip) => ({ audio: new Audio(clip.samples.slice(1), clip.sampleRate), byteLength: 1, delaySeconds: 0 }),
  };

  it("a codec that changes the length is refused by name, or listed", async () => {
    await expect(run({ codecs: [broken] })).rejects.toMatchObject({
      code: "bad-audio",
      message: expect.stringMatching(/broken made of it: 24000 samples.*23999/) as string,
    });
    const { failures, trials } = await run({ codecs: [broken, new Amplifier("half", 0.5)], skipBad: true });
    expect(failures.map(({ clip, codec }) => [clip, codec])).toEqual(clips.map(({ name }) => [name, "broken"]));
    expect(trials.map(({ codec }) => codec)).toEqual(["half", "half", "half"]);
  });

  it("a clip that is no sound is refused by name, or listed", async () => {
    const path = join(folder, "broken.flac.txt");
    writeFileSync(path, "no sound");
    const withBroken = [...clips, { name: "broken.flac", path }];
    await expect(run({ clips: withBroken })).rejects.toMatchObject({ message: expect.stringMatching(/broken\.flac/) as string });
    const { failures, clips: left } = await run({ clips: withBroken, skipBad: true });
    expect(failures.map(({ clip, codec }) => [clip, codec])).toEqual([["broken.flac", undefined]]);
    expect(left).toHaveLength(3);
    await expect(run({ clips: withBroken.slice(-1), skipBad: true })).rejects.toMatchObject({ code: "bad-audio" });
  });

  it.each<[string, Partial<EvaluateOptions>, RegExp]>([
    ["no codec", { codecs: [] }, /without a codec/],
    ["no condition", { conditions: [] }, /without a condition/],
    ["no clip", { clips: [] }, /without a clip/],
    ["two codecs of one name", { codecs: [broken, broken] }, /two codecs called "broken"/],
    ["a measure that is not there", { measures: ["pesq"] }, /no such measure/],
    ["no time", { seconds: 0 }, /above 0/],
  ])("%s is refused before anything is read or written", async (_, options, says) => {
    await expect(run({ ...options, journal: join(folder, "never.journal") })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(says) as string,
    });
    expect(listing(folder)).not.toContain("never.journal");
  });
});
