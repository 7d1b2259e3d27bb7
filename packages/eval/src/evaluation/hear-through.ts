import { type Audio, CodecError } from "@twelvehz/codec";
import type { CodecUnderTest, CodedClip } from "../codec-under-test.ts";
import type { Condition } from "../condition.ts";

/** A clip under a condition. */
export interface ConditionedClip {
  /** Key of the clip, which fixes what is random in the condition. */
  readonly name: string;
  readonly clean: Audio;
  /** As the condition leaves it. */
  readonly heard: Audio;
}

/** What became of a clip, and what that is to be compared with. */
export interface HeardThrough {
  readonly coded: CodedClip;
  /** What the codec was given. */
  readonly input: Audio;
  /** What is heard in the end. */
  readonly output: Audio;
  /**
   * The clip without the codec and, unless the condition is one of playback, without the condition.
   */
  readonly reference: Audio;
}

/**
 * Sends a clip through a codec under a condition. A condition of playback is for the loudspeaker:
 * the codec gets the clip as it is, and what it gives is heard as the clip is.
 * @throws CodecError what the codec fails with; `bad-audio` when it changes rate or length, unless
 * it has a timing of its own
 */
export async function hearThrough(
  codec: CodecUnderTest,
  condition: Condition,
  { name, clean, heard }: ConditionedClip,
  signal?: AbortSignal,
): Promise<HeardThrough> {
  const isPlayback = condition.stage === "playback";
  const input = isPlayback ? clean : heard;
  const coded = await sent(codec, condition, input, name, signal);
  assertSameShape(input, coded, name, codec.name);
  return isPlayback
    ? { coded, input, output: condition.apply(coded.audio, name), reference: heard }
    : { coded, input, output: coded.audio, reference: clean };
}

function sent(codec: CodecUnderTest, { link }: Condition, input: Audio, key: string, signal?: AbortSignal): Promise<CodedClip> {
  if (!link) return codec.roundTrip(input, signal);
  if (!codec.overLink) throw noPackets(codec.name);
  return codec.overLink(input, { loss: link.loss, isLost: link.open(key) }, signal);
}

/** A codec cannot be tried on a link that loses packets. */
export function noPackets(codec: string): CodecError {
  return new CodecError(
    "usage",
    `Cannot send ${codec} over a link that loses packets: it has none; under loss and burst, compare codecs such as transport:16+8@1 and opus-rtp:16`,
  );
}

function assertSameShape(input: Audio, { audio: output, hasOwnTiming }: CodedClip, clip: string, codec: string): void {
  if (output.sampleRate === input.sampleRate && (hasOwnTiming || output.samples.length === input.samples.length)) return;
  const shape = ({ samples, sampleRate }: Audio): string => `${samples.length} samples at ${sampleRate} Hz`;
  throw new CodecError(
    "bad-audio",
    `Cannot compare "${clip}" with what ${codec} made of it: ${shape(input)} went in, ${shape(output)} came out; a codec must keep rate and length`,
  );
}
