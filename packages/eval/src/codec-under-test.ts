import type { Audio } from "@twelvehz/codec";
import type { LossModel } from "@twelvehz/transport";

/** What a codec made of a clip. */
export interface CodedClip {
  /**
   * The sound that came back, at the clip's rate and, unless it has its own timing, of its length;
   * delay taken out.
   */
  readonly audio: Audio;
  /** Size of what was sent, in bytes, without a container. */
  readonly byteLength: number;
  /** Delay that was found in the sound that came back and taken out, in seconds. */
  readonly delaySeconds: number;
  /**
   * True = the sound has a timing and a length of its own, such as speech that was made from text:
   * nothing was aligned, and measures that compare moment by moment, such as PESQ and STOI, do not
   * apply. Default false.
   */
  readonly hasOwnTiming?: boolean | undefined;
}

/** A codec as the evaluation and the page see it: ours, a baseline, or an external program. */
export interface CodecUnderTest {
  /** Unique and readable, such as `twelvehz-compact-2, 8 layers` or `Opus 8 kbit/s CBR`. */
  readonly name: string;
  /**
   * What the codec adds to the delay by design, in seconds: frame and look-ahead; undefined = not
   * known.
   */
  readonly algorithmicDelaySeconds: number | undefined;
  /**
   * Sends a clip there and back.
   * @param clip mono, any rate
   * @throws CodecError `aborted`, or what the codec fails with
   */
  roundTrip(clip: Audio, signal?: AbortSignal): Promise<CodedClip>;
  /**
   * Sends a clip over a link that loses packets; codecs without packets have no such function. Lost
   * packets were sent and count as bytes.
   * @param link the part that is lost, 0 to 1, and the fate of each packet
   */
  overLink?(clip: Audio, link: { readonly loss: number; readonly isLost: LossModel }, signal?: AbortSignal): Promise<CodedClip>;
}
