import { Audio, type Codec, Codes, layerGains, type LayerSelection } from "@twelvehz/codec/web";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { browserModel, chooseClip, codes as codesOfClip, reconstruction, tab } from "../app-state.ts";
import { layerAlone, withLayerToggled } from "./chosen-layers.ts";
import { withCode } from "./edit-codes.ts";
import { decodeError, heard, isDecoding, transport } from "./sound-state.ts";
import {
  chooseLayers,
  chosen,
  cursor,
  deleteChosen,
  edit,
  editError,
  followPage,
  origin,
  original,
  present,
  redo,
  takeCodes,
  undo,
} from "./steps-state.ts";

const SAMPLES_PER_FRAME = 4;
const FRAMES = 200;

/** A model whose samples are the sum of the codes of their frame in the layers that are heard. */
class AddingCodec {
  readonly info = {
    name: "m",
    id: "a".repeat(32),
    layers: 2,
    codebookSize: 2048,
    frameRate: 12.5,
    sampleRate: 50,
    samplesPerFrame: SAMPLES_PER_FRAME,
  };
  /** First frame of each piece that was decoded. */
  readonly began: number[] = [];
  fails = false;

  async *decodeChunks(pieces: Iterable<Codes>, options: LayerSelection & { signal: AbortSignal }): AsyncGenerator<Float32Array> {
    const gains = layerGains(options, 2, 2);
    for (const piece of pieces) {
      await Promise.resolve();
      if (this.fails) throw new Error("broken");
      options.signal.throwIfAborted();
      this.began.push(piece.frame(0)[0]);
      yield soundOf(piece, gains);
    }
  }
}

function soundOf(codes: Codes, gains: ArrayLike<number>): Float32Array {
  return Float32Array.from({ length: codes.frames * SAMPLES_PER_FRAME }, (_, i) => {
    const frame = codes.frame(Math.floor(i / SAMPLES_PER_FRAME));
    return gains[0] * frame[0] + gains[1] * frame[1];
  });
}

async function decoded(): Promise<Float32Array> {
  do await new Promise((resolve) => setTimeout(resolve, 1));
  while (isDecoding.value);
  return heard.value?.samples ?? new Float32Array();
}

const codes = new Codes(
  Int16Array.from({ length: 2 * FRAMES }, (_, i) => (i % 2 === 0 ? i / 2 : 1000 + i)),
  2,
);
const clip = { name: "clip.wav", audio: new Audio(new Float32Array(FRAMES * SAMPLES_PER_FRAME), 50) };
let model: AddingCodec;
let stop: () => void;

beforeEach(() => {
  model = new AddingCodec();
  browserModel.value = { kind: "ready", coder: model as unknown as Codec };
  tab.value = "steps";
  stop = followPage();
});
afterEach(() => {
  chooseClip(undefined);
  stop();
});

describe("step by step", () => {
  it("takes the codes of the clip wherever they were made, and lets them be heard", async () => {
    chooseClip(clip);
    codesOfClip.value = codes;
    expect(await decoded()).toEqual(soundOf(codes, [1, 1]));
    expect(origin.value).toEqual({ kind: "clip", name: "clip.wav" });
    expect(original.value).toBe(clip.audio);
    expect(transport.heard.value).toBe("codes");
  });

  it("does not decode again what the round trip has decoded", async () => {
    chooseClip(clip);
    reconstruction.value = new Audio(soundOf(codes, [1, 1]), 50);
    codesOfClip.value = codes;
    await decoded();
    expect(heard.value).toBe(reconstruction.value);
    expect(model.began).toEqual([]);
  });

  it("lets exactly the layers be heard that are on", async () => {
    takeCodes(codes, { kind: "text", name: "" });
    chooseLayers(withLayerToggled(chosen.value, 0));
    expect(await decoded()).toEqual(soundOf(codes, [0, 1]));
    chooseLayers(layerAlone(2, 0));
    expect(await decoded()).toEqual(soundOf(codes, [1, 0]));
  });

  it("decodes first what is about to be played", async () => {
    takeCodes(codes, { kind: "text", name: "" });
    await decoded();
    transport.seek(8);
    model.began.length = 0;
    chooseLayers(layerAlone(2, 1));
    expect(await decoded()).toEqual(soundOf(codes, [0, 1]));
    expect(model.began[0]).toBeGreaterThan(50);
    expect(model.began[0]).toBeLessThan(100);
  });

  it("goes from the original to the codes when a layer is changed", async () => {
    chooseClip(clip);
    codesOfClip.value = codes;
    await decoded();
    transport.hear("original");
    chooseLayers(layerAlone(2, 0));
    expect(transport.heard.value).toBe("codes");
  });

  it("ends with the last of many quick changes", async () => {
    takeCodes(codes, { kind: "text", name: "" });
    for (const layer of [0, 1, 0, 1, 0]) {
      chooseLayers(layerAlone(2, layer));
      await Promise.resolve();
    }
    expect(await decoded()).toEqual(soundOf(codes, [1, 0]));
    expect(decodeError.value).toBeUndefined();
  });

  it("lets edits be heard, undone and done again", async () => {
    takeCodes(codes, { kind: "text", name: "" });
    edit((now) => ({ codes: withCode(now, 3, 0, 2000) }));
    const edited = present.value as Codes;
    expect(edited.frame(3)[0]).toBe(2000);
    expect(await decoded()).toEqual(soundOf(edited, [1, 1]));
    undo();
    expect(await decoded()).toEqual(soundOf(codes, [1, 1]));
    redo();
    expect(await decoded()).toEqual(soundOf(edited, [1, 1]));
  });

  it("shortens the sound with the codes and keeps the cursor inside", async () => {
    takeCodes(codes, { kind: "text", name: "" });
    await decoded();
    cursor.value = { frame: FRAMES - 1, layer: 1, anchor: FRAMES - 50 };
    deleteChosen();
    expect((await decoded()).length).toBe((FRAMES - 50) * SAMPLES_PER_FRAME);
    expect(cursor.value).toEqual({ frame: FRAMES - 51, layer: 1, anchor: FRAMES - 51 });
  });

  it("says why an edit is refused and keeps the codes", () => {
    takeCodes(codes, { kind: "text", name: "" });
    edit((now) => ({ codes: withCode(now, 0, 0, 5000) }));
    expect(String(editError.value)).toMatch(/0 to 2047/);
    expect(present.value).toBe(codes);
  });

  it("says why decoding failed and goes on with the next change", async () => {
    model.fails = true;
    takeCodes(codes, { kind: "text", name: "" });
    await decoded();
    expect(String(decodeError.value)).toMatch(/broken/);
    model.fails = false;
    chooseLayers(layerAlone(2, 0));
    expect(await decoded()).toEqual(soundOf(codes, [1, 0]));
    expect(decodeError.value).toBeUndefined();
  });

  it("waits until the tab is shown", async () => {
    tab.value = "compare";
    takeCodes(codes, { kind: "text", name: "" });
    await decoded();
    expect(model.began).toEqual([]);
    tab.value = "steps";
    expect(await decoded()).toEqual(soundOf(codes, [1, 1]));
  });

  it("forgets codes and sound of the last clip when another is chosen", async () => {
    chooseClip(clip);
    codesOfClip.value = codes;
    await decoded();
    chooseClip({ ...clip, name: "other.wav" });
    expect(present.value).toBeUndefined();
    expect(heard.value).toBeUndefined();
    expect(transport.duration.value).toBe(0);
  });
});
