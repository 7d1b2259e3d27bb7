/**
 * Streams ten minutes of speech both ways, frame by frame as a call would, and prints the resident memory of the process in MB at the end of
 * each minute, as JSON. A program of its own, so that nothing else is in its memory.
 */
import { readFileSync } from "node:fs";
import { openCodec } from "@twelvehz/codec/node";
import { readSafetensorsIndex, tensorData } from "../../packages/codec/dist/model/safetensors.js";

const MINUTES = 10;
const FRAMES_PER_MINUTE = 750;
const FRAME = 1920;

const golden = readFileSync(new URL("../../packages/compact-model/golden.safetensors", import.meta.url));
const clip = Float32Array.from(tensorData(golden, readSafetensorsIndex(golden), "pcm"), (x) => x / 32768);

const [encoding, decoding] = await Promise.all([openCodec(), openCodec()]);
const encoder = encoding.openEncodeStream();
const decoder = decoding.openDecodeStream();
const megabytes = [];
let samples = 0;
let waiting = Promise.resolve();
for (let t = 0; t < MINUTES * FRAMES_PER_MINUTE; t++) {
  const at = (t * FRAME) % clip.length;
  const codes = await encoder.push(clip.subarray(at, at + FRAME));
  await waiting; // the decoder works on one frame while the encoder works on the next
  waiting = decoder.push(codes).then((sound) => {
    samples += sound.length;
  });
  if ((t + 1) % FRAMES_PER_MINUTE === 0) megabytes.push(process.memoryUsage.rss() / 2 ** 20);
}
await waiting;
samples += (await decoder.flush()).length;
await Promise.all([encoding.close(), decoding.close()]);
console.log(JSON.stringify({ samples, megabytes }));
