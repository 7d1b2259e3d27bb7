// Speech over a thin radio, in packets of 8 bytes and codes (docs/packets.md, "Command packet"):
//   node examples/thin-link.mjs IN OUT.wav [--link lora|nb-iot] [--lose 10] [--packets FILE]
// Every tenth packet or so is lost, and concealed. --packets keeps what came, for embedded/examples/radio.c.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Audio, openCodec, readAudio, specOf, writeAudio } from "@twelvehz/codec/node";
import { commandPacketBytes, fitCommand, readCommandPacket, SeededDice, writeCommandPacket } from "@twelvehz/transport";

// LoRaWAN carries 51 bytes at its longest ranges (EU868, DR0 to DR2); a UDP datagram of NB-IoT often 512.
const LINKS = { lora: { bytes: 51, layers: 4 }, "nb-iot": { bytes: 512, layers: 16 } };

/** Arguments, or undefined where they cannot be used. */
function readArguments() {
  const options = { link: { type: "string", default: "lora" }, lose: { type: "string", default: "10" }, packets: { type: "string" } };
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    const lossPercent = Number(values.lose);
    if (positionals.length === 2 && Object.hasOwn(LINKS, values.link) && lossPercent >= 0 && lossPercent <= 100)
      return { ...values, ...LINKS[values.link], lossPercent, input: positionals[0], output: positionals[1] };
  } catch {
    // An option that is not known.
  }
  return undefined;
}

const given = readArguments();
if (!given) {
  console.error("Usage: node examples/thin-link.mjs IN OUT.wav [--link lora|nb-iot] [--lose PERCENT] [--packets FILE]");
  process.exit(2);
}
const { input, output, link, bytes, layers, lossPercent, packets } = given;
const codec = await openCodec();
const codes = (await codec.encode(await readAudio(input))).firstLayers(layers);

// As many frames as fit; a packet says itself how many it has.
let each = 1;
while (commandPacketBytes(each + 1, layers, codes.codebookSize) <= bytes) each++;
const sent = [];
for (let t = 0; t < codes.frames; t += each) {
  const part = codes.slice(t, Math.min(t + each, codes.frames));
  sent.push(writeCommandPacket(fitCommand(part, bytes)));
}

// The radio numbers its packets: from a number that is missing follows what was lost.
const dice = new SeededDice(1);
const came = sent.map((packet, number) => ({ number, packet })).filter(() => !dice.falls(lossPercent / 100));
const decoder = codec.openDecodeStream();
const sound = [];
let expected = 0;
for (const { number, packet } of came) {
  const frames = readCommandPacket(packet, specOf(codec.info));
  for (let lost = (number - expected) * frames.frames; lost > 0; lost--)
    sound.push(await decoder.conceal(lost === 1 ? frames.slice(0, 1) : undefined)); // what follows helps to make up the last
  sound.push(await decoder.push(frames));
  expected = number + 1;
}
sound.push(await decoder.flush());
await writeAudio(output, new Audio(Float32Array.from(sound.flatMap((piece) => [...piece])), codec.info.sampleRate));
if (packets) {
  const record = ({ number, packet }) => [Buffer.from(Uint16Array.of(number, packet.length).buffer), packet];
  writeFileSync(packets, Buffer.concat(came.flatMap(record)));
}
await codec.close();
const total = sent.reduce((sum, packet) => sum + packet.length, 0);
const seconds = codes.frames / codec.info.frameRate;
console.log(
  `${link}: ${codes.frames} frames of ${layers} layers in ${sent.length} packets of up to ${bytes} bytes, ${each} frames each: ${total} bytes, ${((total * 8) / seconds / 1000).toFixed(2)} kbit/s; ${sent.length - came.length} lost`,
);
