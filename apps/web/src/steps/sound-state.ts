/**
 * The sound of the codes: decoded again whenever the codes or the layers that are heard change,
 * what plays first.
 */
import { Audio, type Codec, type Codes, type ModelInfo } from "@twelvehz/codec/web";
import { signal, type Signal } from "@preact/signals";
import { codes as codesOfClip, reconstruction } from "../app-state.ts";
import { Transport } from "../playback/transport.ts";
import { type ChosenLayers, layerSelectionOf } from "./chosen-layers.ts";
import { LatestOnly } from "./latest-only.ts";
import { type DecodePieces, redecode } from "./redecode.ts";

/** Sound of the codes: what is decoded again replaces what was before, from where it plays. */
export const heard: Signal<Audio | undefined> = signal(undefined);
/** Whether sound is being decoded. */
export const isDecoding: Signal<boolean> = signal(false);
/** Why decoding failed, or undefined. */
export const decodeError: Signal<unknown> = signal(undefined);
/** Plays the tracks `original` and `codes`. */
export const transport: Transport = new Transport();

/** What sound is made of. */
export interface Recipe {
  readonly codes: Codes;
  readonly chosen: ChosenLayers;
  readonly coder: Codec;
}

/** What `heard` was made of: it is not made again from the same. */
let heardRecipe: Recipe | undefined;
const decoding = new LatestOnly();

/** Stops the work and forgets the sound. */
export function forgetSound(): void {
  decoding.cancel();
  transport.pause();
  transport.seek(0);
  heardRecipe = undefined;
  heard.value = undefined;
  isDecoding.value = false;
  decodeError.value = undefined;
}

/**
 * Decodes, unless the sound is of these codes and layers already. What is being decoded is dropped.
 */
export async function decodeAgain(recipe: Recipe): Promise<void> {
  if (isSame(heardRecipe, recipe)) return;
  heardRecipe = recipe;
  isDecoding.value = true;
  decodeError.value = undefined;
  try {
    await decoding.run((signal) => decodeNow(recipe, signal));
  } catch (error) {
    if (heardRecipe === recipe) decodeError.value = error; // else it was dropped
  }
  if (heardRecipe === recipe) isDecoding.value = false;
}

function isSame(a: Recipe | undefined, b: Recipe): boolean {
  return a?.codes === b.codes && a.chosen === b.chosen && a.coder === b.coder;
}

async function decodeNow(recipe: Recipe, signal: AbortSignal): Promise<void> {
  const { codes, chosen: layers } = recipe;
  const { info } = recipe.coder;
  const known = layers.every((on) => on) && codes === codesOfClip.peek() ? reconstruction.peek() : undefined;
  if (known) {
    heard.value = known;
    return;
  }
  const samples = copyToLength(heard.peek()?.samples, codes.frames * info.samplesPerFrame);
  const publish = (): void => {
    heard.value = new Audio(samples.subarray(0, codes.sampleCount ?? samples.length), info.sampleRate);
  };
  const decode: DecodePieces = (pieces) => recipe.coder.decodeChunks(pieces, { ...layerSelectionOf(layers), signal });
  for await (const piece of redecode(decode, codes, playingFrame(codes, info), info.samplesPerFrame)) {
    if (signal.aborted) return;
    samples.set(piece.samples, piece.at);
    if (piece.isDue) publish();
  }
  publish();
}

/** Until new sound is there, the old one goes on; where there is none, silence. */
function copyToLength(samples: Float32Array | undefined, length: number): Float32Array {
  const copy = new Float32Array(length);
  if (samples) copy.set(samples.subarray(0, length));
  return copy;
}

/** The frame that plays. */
function playingFrame(codes: Codes, { frameRate }: ModelInfo): number {
  return Math.min(codes.frames, Math.floor(transport.position.peek() * frameRate));
}
