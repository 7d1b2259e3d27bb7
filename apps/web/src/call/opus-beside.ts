// What was said last, over a link that loses packets: by this codec, and by Opus at the same rate in
// all. Both are computed here, with losses of the same kind.
import { Audio, type Codec, type Codes, concatCodes, specOf } from "@twelvehz/codec/web";
import { transportCodec } from "@twelvehz/eval";
import { chooseLayout, layoutText, lossModel, SeededDice } from "@twelvehz/transport";
import { callWorker } from "../workers/call-worker.ts";
import { type CallWay, overheadBytes, tagBytesFor } from "./call-way.ts";
import type { OpusRequest } from "./opus-worker.ts";

/** Opus as browsers send it, in its longest packets, which spend least on headers: SRTP over UDP and IPv4. */
const OPUS_PACKET_MS = 60;
const OPUS_HEADER_BYTES = 50;
/** The lowest rate of Opus, bit/s. */
const LEAST_OPUS = 6000;
const SEED = 7;

/** The same words three times. */
export interface Beside {
  readonly original: Audio;
  readonly own: Audio;
  readonly opus: Audio;
  readonly layout: string;
  /** Of Opus without headers, kbit/s. */
  readonly opusKbps: number;
}

/**
 * Sends a clip over a link of the kind of the call's.
 * @param way how its packets go
 * @param loss part of the packets that is lost, 0 to 0.9
 * @throws CodecError `aborted`, `runtime`
 */
export async function besideOpus(
  codec: Codec,
  original: Audio,
  { kbps, loss, way }: { readonly kbps: number; readonly loss: number; readonly way: CallWay },
): Promise<Beside> {
  const layout = chooseLayout(specOf(codec.info), { kbps, overheadBytes: overheadBytes(kbps, way) }, { loss, burst: 1 / (1 - loss) });
  const ours = transportCodec(codec, {
    layout,
    carrier: "srtp",
    tagBytes: tagBytesFor(kbps),
    encode: (clip) => encodeByFrames(codec, clip),
  });
  const link = { loss, isLost: lossModel({ loss }, new SeededDice(SEED)) };
  const opusKbps = Math.max(LEAST_OPUS, Math.floor(1000 * kbps - (OPUS_HEADER_BYTES * 8 * 1000) / OPUS_PACKET_MS)) / 1000;
  const [own, opus] = [await ours.overLink!(original, link), await throughOpus(original, 1000 * opusKbps, loss)];
  return { original, own: own.audio, opus, layout: layoutText(layout), opusKbps };
}

/** Frame by frame, so that the call, which has the same codec, need not wait for a whole clip. */
async function encodeByFrames(codec: Codec, { samples }: Audio): Promise<Codes> {
  const { samplesPerFrame } = codec.info;
  const frames = Array.from({ length: Math.ceil(samples.length / samplesPerFrame) }, (_, i) =>
    samples.subarray(i * samplesPerFrame, (i + 1) * samplesPerFrame),
  );
  const parts: Codes[] = [];
  for await (const codes of codec.encodeChunks(frames)) parts.push(codes);
  return concatCodes(parts).withSampleCount(samples.length);
}

async function throughOpus({ samples, sampleRate }: Audio, bitsPerSecond: number, loss: number): Promise<Audio> {
  const options = {
    bitsPerSecond,
    rateControl: "cbr",
    lossPercent: 100 * loss,
    headerBytes: OPUS_HEADER_BYTES,
    packetMs: OPUS_PACKET_MS,
  } as const;
  return new Audio(await callWorker<OpusRequest, Float32Array>(openWorker, { options, samples, sampleRate }), sampleRate);
}

function openWorker(): Worker {
  return new Worker(new URL("./opus-worker.ts", import.meta.url), { type: "module" });
}
