import { Audio, type Codec, CodecError, type Codes, resample, specOf } from "@twelvehz/codec";
import {
  Depacketizer,
  depthOf,
  FramePlayer,
  type Layout,
  layoutText,
  type LossModel,
  type OutgoingPacket,
  Packetizer,
  parseLayout,
  type PulledFrame,
  readPayload,
  USUAL_HEADER_BYTES,
} from "@twelvehz/transport";
import type { CodecUnderTest, CodedClip } from "../codec-under-test.ts";
import { alignTo } from "../delay.ts";

/**
 * What carries packets, with the bytes that it adds to each. `rohc` = an operator's compressed
 * headers (RFC 5795), which are assumed, not measured; `srtp` = a browser's RTP without extensions,
 * over UDP and IPv4.
 */
export const CARRIERS: Readonly<Record<string, { readonly bytes: number; readonly label: string }>> = {
  udp: { bytes: 28, label: "UDP" },
  rtp: { bytes: 40, label: "RTP" },
  rohc: { bytes: 4, label: "compressed headers" },
  srtp: { bytes: 50, label: "SRTP" },
};

/** How codes are sent. */
export interface TransportCodecOptions {
  readonly layout: Layout;
  /** One of {@link CARRIERS}. */
  readonly carrier: string;
  /** Bytes of the authentication tag. */
  readonly tagBytes: 4 | 8;
  /** Codes of a clip. Default: those of the codec, all at once. */
  readonly encode?: ((clip: Audio, signal?: AbortSignal) => Promise<Codes>) | undefined;
}

/**
 * Reads what stands after `transport:`, such as `16+8@1+4@2+1@3`, `2x16+16@1+8@2/rtp` or
 * `16+8@1+4@2+4@3/udp/tag4`.
 * @throws CodecError `usage` for another form
 */
export function parseTransport(text: string): TransportCodecOptions {
  const [layout, ...rest] = text.split("/");
  const carrier = rest.find((part) => Object.hasOwn(CARRIERS, part)) ?? "udp";
  const unknown = rest.find((part) => part !== carrier && part !== "tag4");
  if (unknown !== undefined)
    throw new CodecError(
      "usage",
      `Cannot use the codec "transport:${text}": ${JSON.stringify(unknown)} is no carrier; write one of ${Object.keys(CARRIERS).join(", ")}, or tag4 for tags of 4 bytes, such as transport:16+8@1/rtp`,
    );
  return { layout: parseLayout(layout), carrier, tagBytes: rest.includes("tag4") ? 4 : 8 };
}

/**
 * A model of this library over packets: what is sent is every packet with its encryption and the
 * headers of the carrier, and what comes back is what a receiver hears that waits for all copies.
 * Where nothing came of a frame, it is concealed. The codec stays the caller's.
 */
export function transportCodec(codec: Codec, options: TransportCodecOptions): CodecUnderTest {
  const { layout, carrier, tagBytes } = options;
  const { info } = codec;
  const packetSeconds = (layout.frames * info.samplesPerFrame) / info.sampleRate;
  const send = (clip: Audio, isLost: LossModel, signal?: AbortSignal): Promise<CodedClip> => sendClip(codec, options, clip, isLost, signal);
  return {
    name: `${info.name}, ${layoutText(layout)} over ${CARRIERS[carrier].label}${tagBytes === 4 ? ", tags of 4 bytes" : ""}`,
    algorithmicDelaySeconds: packetSeconds * (1 + depthOf(layout)) + info.decodeDelaySamples / info.sampleRate,
    roundTrip: (clip, signal) => send(clip, () => false, signal),
    overLink: (clip, { isLost }, signal) => send(clip, isLost, signal),
  };
}

async function sendClip(
  codec: Codec,
  { layout, carrier, tagBytes, encode }: TransportCodecOptions,
  clip: Audio,
  isLost: LossModel,
  signal?: AbortSignal,
): Promise<CodedClip> {
  const codes = await (encode ? encode(clip, signal) : codesOf(codec, clip, signal));
  const spec = specOf(codec.info);
  const packetizer = new Packetizer(spec, layout);
  const packets = [...packetizer.push(codes), ...packetizer.flush()];
  const came = packets.map((packet) => (isLost() ? undefined : packet));
  const overhead = USUAL_HEADER_BYTES + tagBytes + CARRIERS[carrier].bytes;
  const decoded = resample(await heard(codec, layout, came, codes.frames), clip.sampleRate);
  return {
    audio: alignTo(clip, decoded, { seconds: 0 }),
    byteLength: packets.reduce((sum, { payload }) => sum + payload.length + overhead, 0),
    delaySeconds: 0,
  };
}

/** Codes of clips, which several layouts and links share. */
const coded = new WeakMap<Codec, WeakMap<Audio, Promise<Codes>>>();

function codesOf(codec: Codec, clip: Audio, signal?: AbortSignal): Promise<Codes> {
  const own = coded.get(codec) ?? new WeakMap<Audio, Promise<Codes>>();
  coded.set(codec, own);
  const codes = own.get(clip) ?? codec.encode(clip, { signal });
  own.set(clip, codes);
  return codes;
}

/** The sound that a receiver hears who plays a frame when the last copy of it has had its time. */
async function heard(codec: Codec, layout: Layout, came: readonly (OutgoingPacket | undefined)[], count: number): Promise<Audio> {
  const { samplesPerFrame, sampleRate, decodeDelaySamples } = codec.info;
  const stream = codec.openDecodeStream();
  try {
    const spec = specOf(codec.info);
    const player = new FramePlayer(stream, spec);
    const frames = new Depacketizer();
    const taken = came.values();
    let packets = 0;
    const out = new Float32Array(count * samplesPerFrame + decodeDelaySamples);
    let at = 0;
    const add = (samples: Float32Array): void => {
      out.set(samples.subarray(0, out.length - at), at);
      at += samples.length;
    };
    for (let frame = 0; frame < count; frame++) {
      for (; packets <= Math.floor(frame / layout.frames) + depthOf(layout); packets++) {
        const packet = taken.next().value;
        if (packet) frames.take(packet.frame, readPayload(packet.payload, spec));
      }
      const known = frames.get(frame);
      const pulled: PulledFrame = known
        ? { kind: "codes", frame, codes: known.codes, isWhole: known.isWhole }
        : { kind: "lost", frame, next: frames.get(frame + 1)?.codes };
      add(await player.play(pulled));
    }
    add(await stream.flush());
    return new Audio(out.subarray(0, count * samplesPerFrame), sampleRate);
  } finally {
    await stream.close();
  }
}
