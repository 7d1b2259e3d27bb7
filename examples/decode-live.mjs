// Speaker side of a pipe: frames of 16 little-endian int16 codes in, raw 16-bit 24 kHz mono PCM
// out, frame by frame.
import { openCodec } from "@twelvehz/codec/node";

if (process.argv.length > 2 || process.stdin.isTTY) {
  console.error("Usage: node examples/decode-live.mjs < CODES > SAMPLES");
  process.exit(2);
}
const codec = await openCodec();
const decoder = codec.openDecodeStream();
const frameBytes = 2 * codec.info.layers;

function play(samples) {
  const bytes = Buffer.alloc(2 * samples.length);
  samples.forEach((x, i) => bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(1, x)) * 32767), 2 * i));
  process.stdout.write(bytes);
}

let rest = Buffer.alloc(0);
for await (const chunk of process.stdin) {
  const bytes = Buffer.concat([rest, chunk]);
  const whole = bytes.length - (bytes.length % frameBytes);
  rest = bytes.subarray(whole);
  const codes = Int16Array.from({ length: whole / 2 }, (_, i) => bytes.readInt16LE(2 * i));
  if (codes.length > 0) play(await decoder.push(codes));
}
play(await decoder.flush());
await codec.close();
