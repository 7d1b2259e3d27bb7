// Codes to sound while a language model emits them: node examples/language-model.mjs OUT.wav
import { openCodec, readAudio, WavFileWriter } from "@twelvehz/codec/node";

const [output] = process.argv.slice(2);
if (!output) {
  console.error("Usage: node examples/language-model.mjs OUT.wav");
  process.exit(2);
}
const codec = await openCodec();
await codec.prepare();

/**
 * Stands in for a speech language model: emits one frame of 16 codes at a time. Replace it by
 * yours.
 */
async function* languageModel() {
  const clip = await readAudio(new URL("clips/english.flac", import.meta.url).pathname);
  const codes = await codec.encode(clip);
  for (let t = 0; t < codes.frames; t++) yield codes.frame(t);
}

const decoder = codec.openDecodeStream();
const file = await WavFileWriter.open(output, { sampleRate: codec.info.sampleRate });
let began;
for await (const frame of languageModel()) {
  began ??= performance.now();
  const first = file.sampleCount === 0;
  await file.write(await decoder.push(frame)); // or to a sound card, or a socket
  if (first) console.log(`first sound ${(performance.now() - began).toFixed(0)} ms after the first frame`);
}
await file.write(await decoder.flush());
const { sampleCount } = await file.commit();
await codec.close();
console.log(`${output}: ${(sampleCount / codec.info.sampleRate).toFixed(2)} s`);
