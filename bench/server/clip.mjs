/** What the streams of the measurements send, and what has to come back to the bit. */
import { join } from "node:path";
import { openCodec, readAudio, WavEncoder } from "@twelvehz/codec/node";
import { root } from "../../scripts/prepare.mjs";

/** Seconds of the clip, which is sent again and again. */
const CLIP_SECONDS = 6;

/**
 * @param model `compact`, or a folder
 * @returns for `encode` and `decode`: bytes to send, bytes of a frame of them, bytes that have to
 * come; `isExact`, whether every bit has to be the same, or only the length
 */
export async function loadClip(model = "compact") {
  const codec = await openCodec(model);
  const { sampleRate, samplesPerFrame, layers } = codec.info;
  const { samples } = await readAudio(join(root, "examples/clips/english.flac"));
  const pcm = new WavEncoder({ sampleRate }).encode(samples.subarray(0, CLIP_SECONDS * sampleRate));
  const heard = Float32Array.from(new Int16Array(new Uint8Array(pcm).buffer), (x) => x / 32_768);
  const encoder = codec.openEncodeStream();
  const codes = bytesOf([await encoder.push(heard), await encoder.flush()].map(({ data }) => data));
  const decoder = codec.openDecodeStream();
  const data = new Int16Array(new Uint8Array(codes).buffer);
  const writer = new WavEncoder({ sampleRate });
  const sound = Buffer.concat([await decoder.push(data), await decoder.flush()].map((part) => writer.encode(part)));
  await codec.close();
  return {
    frameMs: (1000 * samplesPerFrame) / sampleRate,
    isExact: !codec.info.traits.attention, // attention rounds by how many frames are computed at once
    encode: { input: Buffer.from(pcm), frameBytes: 2 * samplesPerFrame, output: codes },
    decode: { input: codes, frameBytes: 2 * layers, output: sound },
  };
}

function bytesOf(arrays) {
  return Buffer.concat(arrays.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength)));
}
