// Microphone side of a pipe: raw 16-bit 24 kHz mono PCM in, frames of 16 little-endian int16 codes
// out, as soon as each is whole.
import { openCodec } from "@twelvehz/codec/node";

if (process.argv.length > 2 || process.stdin.isTTY) {
  console.error("Usage: node examples/encode-live.mjs < SAMPLES > CODES");
  process.exit(2);
}
const codec = await openCodec();
const encoder = codec.openEncodeStream();

/** Writes codes as bytes; Node's typed arrays are little-endian on every platform it runs on. */
const send = ({ data }) => process.stdout.write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));

let rest = Buffer.alloc(0);
for await (const chunk of process.stdin) {
  const bytes = Buffer.concat([rest, chunk]);
  const whole = bytes.length - (bytes.length % 2);
  rest = bytes.subarray(whole);
  const samples = Float32Array.from({ length: whole / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 32768);
  send(await encoder.push(samples));
}
send(await encoder.flush());
await codec.close();
