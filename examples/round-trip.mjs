// A file to codes and back: node examples/round-trip.mjs IN OUT.wav
import { openCodec, readAudio, writeAudio } from "@twelvehz/codec/node";

const [input, output] = process.argv.slice(2);
if (!output) {
  console.error("Usage: node examples/round-trip.mjs IN OUT.wav");
  process.exit(2);
}
const codec = await openCodec();
const codes = await codec.encode(await readAudio(input));
await writeAudio(output, await codec.decode(codes));
await codec.close();
console.log(`${input}: ${codes.frames} frames of ${codes.layers} codes by ${codec.info.name}, and back in ${output}`);
