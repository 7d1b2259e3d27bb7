import { Audio, type Codes, parseCodes, writeTokenFile } from "@twelvehz/codec/web";
import { batch, effect, signal, type ReadonlySignal } from "@preact/signals";
import { chooseClip, type Clip, clip, codes, isSourceFolded, reconstruction } from "../app-state.ts";
import type { ScoresState } from "../measure/score-text.tsx";
import { roundTrip, type RoundTripResult, scores, takeRoundTrip } from "../round-trip/run-round-trip.ts";
import { reading } from "../source/source-state.ts";
import type { ChosenLayers } from "../steps/chosen-layers.ts";
import { chosen, type CodesOrigin, origin, present, takeCodes } from "../steps/steps-state.ts";
import { type KeptPart, KeptSession, tabId } from "./kept-session.ts";

/** Sound as it is kept. */
interface KeptAudio {
  readonly samples: Float32Array;
  readonly sampleRate: number;
}
interface KeptClip extends KeptAudio {
  readonly name: string;
  readonly credit: string | undefined;
  readonly clean: KeptAudio | undefined;
}
interface KeptResult extends KeptAudio {
  /** A token file. */
  readonly codes: Uint8Array;
  readonly facts: Omit<RoundTripResult, "audio">;
  readonly scores: ScoresState;
}
interface KeptSteps {
  /** A token file. */
  readonly codes: Uint8Array;
  readonly origin: CodesOrigin;
  readonly chosen: ChosenLayers;
}

const refused = signal<unknown>(undefined);

/** Why a reload will not bring back what is here, or undefined. */
export const keepError: ReadonlySignal<unknown> = refused;

/**
 * Brings back what this tab of the browser had before it was reloaded, and keeps what it has from
 * now on. Where storage is refused, {@link keepError} says so.
 */
export async function followSession(): Promise<void> {
  try {
    const session = new KeptSession(tabId());
    const kept = await session.recall();
    if (!clip.peek() && !reading.peek() && !present.peek()) await bringBack(kept);
    keepFromNowOn(session);
  } catch (error) {
    refused.value = error;
  }
}

async function bringBack(kept: Readonly<Partial<Record<KeptPart, unknown>>>): Promise<void> {
  const [sound, result, steps] = [kept.clip, kept.result, kept.steps] as [KeptClip?, KeptResult?, KeptSteps?];
  if (sound) chooseClip(clipOf(sound));
  if (sound && result) {
    isSourceFolded.value = true;
    void takeRoundTrip(codesOf(result.codes), { ...result.facts, audio: audioOf(result) }, result.scores);
  }
  if (!steps) return;
  const made = codesOf(steps.codes);
  const isOfClip = steps.origin.kind === "clip" && codes.peek()?.data.toString() === made.data.toString();
  batch(() => {
    if (!isOfClip) takeCodes(made, steps.origin);
    chosen.value = steps.chosen;
  });
}

function keepFromNowOn(session: KeptSession): void {
  const keep = (part: KeptPart, value: object | undefined): void => {
    session.keep(part, value).then(
      () => (refused.value = undefined),
      (error: unknown) => (refused.value = error),
    );
  };
  effect(() => keep("clip", clip.value && keptClip(clip.value)));
  effect(() => {
    if (roundTrip.value.kind === "done" && codes.value) keep("result", keptResult(roundTrip.value.result, codes.value, scores.value));
    else if (!reconstruction.value) keep("result", undefined); // of another clip
  });
  effect(() => keep("steps", present.value && { codes: writeTokenFile(present.value), origin: origin.value, chosen: chosen.value }));
}

function keptClip({ name, audio, credit, clean }: Clip): KeptClip {
  return { name, ...keptAudio(audio), credit, clean: clean && keptAudio(clean) };
}

function clipOf({ name, credit, clean, ...sound }: KeptClip): Clip {
  return { name, audio: audioOf(sound), ...(credit && { credit }), ...(clean && { clean: audioOf(clean) }) };
}

function keptResult({ audio, ...facts }: RoundTripResult, made: Codes, found: ScoresState): KeptResult {
  return { ...keptAudio(audio), facts, codes: writeTokenFile(made), scores: found };
}

/** A view is kept with all of the memory that it looks at. */
function keptAudio({ samples, sampleRate }: Audio): KeptAudio {
  return { samples: samples.byteLength === samples.buffer.byteLength ? samples : samples.slice(), sampleRate };
}

function audioOf({ samples, sampleRate }: KeptAudio): Audio {
  return new Audio(samples, sampleRate);
}

function codesOf(bytes: Uint8Array): Codes {
  return parseCodes(bytes, { name: "kept.t12" }).codes;
}
