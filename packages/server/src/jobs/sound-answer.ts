import type { FastifyReply } from "fastify";
import { type Audio, type Codec, CodecError, type Codes, encodeWav, type LayerSelection, WavEncoder } from "@twelvehz/codec";
import type { ServerLimits } from "../limits.ts";
import type { SoundQuery } from "../query.ts";

/** The choice of layers in a query. */
export function selectionOf({ layers, onlyLayer, muteLayers }: SoundQuery): LayerSelection {
  return { layers, onlyLayer, muteLayers: muteLayers?.split(",").map(Number) };
}

/**
 * Says what kind of sound the answer is. Samples without a header are described as RFC 2586 and
 * 3190 describe them, but for the byte order: little-endian.
 */
export function soundType(reply: FastifyReply, { raw, float }: SoundQuery, sampleRate: number): FastifyReply {
  const type = `application/octet-stream; format=${float ? "f32le" : "s16le"}; rate=${sampleRate}; channels=1`;
  return reply.type(raw ? type : "audio/wav");
}

/** A whole sound as the query wants it. */
export function soundBytes(audio: Audio, { raw, float }: SoundQuery): Buffer {
  const bytes = raw ? new WavEncoder({ sampleRate: audio.sampleRate, float }).encode(audio.samples) : encodeWav(audio, { float }).bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Frames of a piece of sound: a file may come as one block, and is to be heard before all of it is decoded. */
const MOST_FRAMES = 4;

/**
 * Sound as it is made. The header of a WAV file says "to the end of the file", and comes with the
 * first samples: until then a failure can still be told.
 */
export async function* soundPieces(
  codec: Codec,
  codes: AsyncIterable<Codes>,
  query: SoundQuery,
  { signal, maxSeconds }: { readonly signal: AbortSignal; readonly maxSeconds: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  const writer = new WavEncoder({ sampleRate: codec.info.sampleRate, float: query.float });
  let begun = false;
  for await (const samples of codec.decodeChunks(shortEnough(codes, codec, maxSeconds), { ...selectionOf(query), signal })) {
    if (samples.length === 0) continue;
    if (!begun && !query.raw) yield writer.header();
    begun = true;
    yield writer.encode(samples);
  }
  if (!begun) throw new CodecError("bad-format", "Cannot decode the codes: there are none; send at least one frame");
}

async function* shortEnough(codes: AsyncIterable<Codes>, codec: Codec, maxSeconds: number): AsyncGenerator<Codes, void, undefined> {
  let frames = 0;
  for await (const some of codes) {
    frames += some.frames;
    assertShort(frames, codec, { maxSeconds });
    for (let at = 0; at < some.frames; at += MOST_FRAMES) yield some.slice(at, Math.min(some.frames, at + MOST_FRAMES));
  }
}

/** @throws CodecError `too-large` for more frames than a request may have */
export function assertShort(frames: number, { info }: Codec, { maxSeconds }: Pick<ServerLimits, "maxSeconds">): void {
  const seconds = frames / info.frameRate;
  if (seconds > maxSeconds)
    throw new CodecError(
      "too-large",
      `Cannot decode the codes: they stand for ${seconds.toFixed(1)} s of sound, and the limit is ${maxSeconds} s; cut them`,
    );
}
