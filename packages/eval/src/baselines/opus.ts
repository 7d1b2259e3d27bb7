import { Audio, resample, throwIfAborted } from "@twelvehz/codec";
import { Application, createDecoder, createEncoder, type OpusDecoderHandle, type OpusEncoderHandle, Signal } from "libopus-wasm";
import type { CodecUnderTest, CodedClip } from "../codec-under-test.ts";
import { SeededRandom } from "../conditions/seeded-random.ts";

/** What Opus is to do. */
export interface OpusOptions {
  /** 6000 to 510000. */
  readonly bitsPerSecond: number;
  /**
   * `cbr` = every packet of the same size; `vbr` = as the sound needs, the rate being a target that
   * speech with pauses stays below.
   */
  readonly rateControl: "cbr" | "vbr";
  /**
   * Part of the packets that get lost, 0 to 100: that many, drawn from the clip's length and
   * `seed`. They were sent and count as bytes. Default 0.
   */
  readonly lossPercent?: number | undefined;
  /**
   * What is heard in place of a lost packet: `plc` (default) = what the decoder makes up; `fec` =
   * the copy that the next packet carries, for which the encoder spends some of the rate, else as
   * `plc`; `zeros` = silence.
   */
  readonly concealment?: "plc" | "fec" | "zeros" | undefined;
  /** Bytes of headers that count for each packet, such as 40 for RTP, UDP and IPv4. Default 0. */
  readonly headerBytes?: number | undefined;
  /** Fixes which packets are lost. Default 1. */
  readonly seed?: number | undefined;
  /** Length of a packet, ms: longer ones spend less on headers, and lose more at once. Default 20. */
  readonly packetMs?: 20 | 40 | 60 | undefined;
}

/**
 * Look-ahead of 2.5 ms, and 4 ms in which the two halves of Opus are kept in step: RFC 6716, section
 * 2, and its reference encoder. The packet comes on top.
 */
const DELAY_SECONDS = 0.0065;
const PACKET_MS = 20;
/** Packets between two looks at what else is to be done. */
const PACKETS_AT_ONCE = 50;
/** Of the most that the encoder will try, 0 to 10. */
const COMPLEXITY = 10;

/**
 * Opus by libopus, mono, tuned for speech over a network (VOIP); at 24 kHz, or
 * at 48 kHz for clips with a higher rate than 24 kHz. Its look-ahead is taken out. Size is that of
 * the packets, without Ogg or RTP.
 * @throws RangeError for a rate or loss that is not possible
 */
export function opusBaseline(options: OpusOptions): CodecUnderTest {
  const { bitsPerSecond, lossPercent = 0 } = options;
  if (!(Number.isInteger(bitsPerSecond) && bitsPerSecond >= 6000 && bitsPerSecond <= 510_000))
    throw new RangeError(`Cannot run Opus at ${bitsPerSecond} bit/s: whole numbers from 6000 to 510000 are possible`);
  if (!(lossPercent >= 0 && lossPercent <= 100))
    throw new RangeError(`Cannot lose ${lossPercent} % of the packets: 0 to 100 % are possible`);
  return {
    name: nameOf(options),
    algorithmicDelaySeconds: (options.packetMs ?? PACKET_MS) / 1000 + DELAY_SECONDS,
    roundTrip: (clip, signal) => send(clip, options, (count) => lostPackets(count, options), signal),
    overLink(clip, { loss, isLost }, signal) {
      const fates = (count: number): ReadonlySet<number> => new Set(Array.from({ length: count }, (_, i) => i).filter(() => isLost()));
      return send(clip, { ...options, lossPercent: 100 * loss }, fates, signal);
    },
  };
}

async function send(
  clip: Audio,
  options: OpusOptions,
  lostOf: (packets: number) => ReadonlySet<number>,
  signal?: AbortSignal,
): Promise<CodedClip> {
  const { headerBytes = 0 } = options;
  const input = resample(clip, clip.sampleRate > 24_000 ? 48_000 : 24_000);
  const { packets, lookahead } = await encode(input, options, signal);
  const decoded = await decode(packets, lostOf(packets.length), input.sampleRate, options, signal);
  const kept = decoded.slice(lookahead, lookahead + input.samples.length);
  const back = resample(new Audio(kept, input.sampleRate), clip.sampleRate).samples.slice(0, clip.samples.length);
  return {
    audio: new Audio(back, clip.sampleRate),
    byteLength: packets.reduce((sum, packet) => sum + packet.length + headerBytes, 0),
    delaySeconds: lookahead / input.sampleRate,
  };
}

function nameOf({
  bitsPerSecond,
  rateControl,
  lossPercent = 0,
  concealment = "plc",
  headerBytes = 0,
  packetMs = PACKET_MS,
}: OpusOptions): string {
  const packets = packetMs === PACKET_MS ? "" : `, packets of ${packetMs} ms`;
  const name = `Opus ${bitsPerSecond / 1000} kbit/s ${rateControl.toUpperCase()}${headerBytes > 0 ? " over RTP" : ""}${packets}`;
  if (lossPercent === 0) return concealment === "plc" ? name : `${name}, ${concealment === "zeros" ? "zeros" : concealment.toUpperCase()}`;
  return `${name}, ${lossPercent} % loss, ${concealment === "zeros" ? "zeros" : concealment.toUpperCase()}`;
}

function openEncoder(sampleRate: 24_000 | 48_000, options: OpusOptions): Promise<OpusEncoderHandle> {
  const { bitsPerSecond, rateControl, lossPercent = 0, concealment } = options;
  const repairs = concealment === "fec" && lossPercent > 0;
  return createEncoder({
    sampleRate,
    channels: 1,
    application: Application.Voip,
    signal: Signal.Voice,
    complexity: COMPLEXITY,
    bitrate: bitsPerSecond,
    vbr: rateControl === "vbr",
    fec: repairs,
    packetLossPercent: repairs ? Math.round(lossPercent) : 0,
    frameSize: frameSizeOf(sampleRate, options),
  });
}

function frameSizeOf(sampleRate: number, { packetMs = PACKET_MS }: OpusOptions): number {
  return (sampleRate * packetMs) / 1000;
}

/** Packets that hold the whole clip, and the samples that come out of a decoder before it. */
async function encode(input: Audio, options: OpusOptions, signal?: AbortSignal): Promise<{ packets: Uint8Array[]; lookahead: number }> {
  const encoder = await openEncoder(input.sampleRate as 24_000 | 48_000, options);
  try {
    const lookahead = encoder.getLookahead();
    const packets: Uint8Array[] = [];
    for (let at = 0; at < input.samples.length + lookahead; at += encoder.frameSize) {
      const frame = new Float32Array(encoder.frameSize);
      frame.set(input.samples.subarray(at, at + frame.length));
      packets.push(encoder.encodeFloat(frame));
      if (packets.length % PACKETS_AT_ONCE === 0) await breathe(signal);
    }
    return { packets, lookahead };
  } finally {
    encoder.free();
  }
}

async function decode(
  packets: readonly Uint8Array[],
  lost: ReadonlySet<number>,
  sampleRate: number,
  options: OpusOptions,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const decoder = await createDecoder({ sampleRate: sampleRate as 24_000 | 48_000, channels: 1 });
  try {
    const { concealment = "plc" } = options;
    const frameSize = frameSizeOf(sampleRate, options);
    const out = new Float32Array(packets.length * frameSize);
    for (let i = 0; i < packets.length; i++) {
      const next = concealment === "fec" && !lost.has(i + 1) ? packets[i + 1] : undefined;
      const frame = lost.has(i) ? conceal(decoder, frameSize, next) : decoder.decodeFloat(packets[i], { frameSize });
      if (!(lost.has(i) && concealment === "zeros")) out.set(frame, i * frameSize);
      if (i % PACKETS_AT_ONCE === 0) await breathe(signal);
    }
    return out;
  } finally {
    decoder.free();
  }
}

/** The decoder makes up a frame even where silence is heard instead: its state has to move on. */
function conceal(decoder: OpusDecoderHandle, frameSize: number, next: Uint8Array | undefined): Float32Array {
  return next ? decoder.decodeFloat(next, { decodeFec: true, frameSize }) : decoder.decodePacketLossFloat(frameSize);
}

/** Drawn without putting back, so that the part is exact. */
function lostPackets(count: number, { lossPercent = 0, seed = 1 }: OpusOptions): ReadonlySet<number> {
  const random = new SeededRandom(`lost packets ${seed} ${count}`);
  const left = Array.from({ length: count }, (_, i) => i);
  const lost = Array.from({ length: Math.round((count * lossPercent) / 100) }, () => left.splice(random.below(left.length), 1)[0]);
  return new Set(lost);
}

/** Lets others run, such as the page, and looks whether the work is still wanted. */
async function breathe(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  throwIfAborted(signal);
}
