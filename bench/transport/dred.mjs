/**
 * Opus with deep redundancy (DRED), which no package brings: by `opus_demo` of libopus 1.6.1, built
 * from source, over the same losses as everything else.
 *
 *     cargo fetch, with opusic-sys = "=0.7.7" among the dependencies, brings the source: its folder `opus`
 *     cmake -S OPUS -B BUILD -DCMAKE_BUILD_TYPE=Release -DOPUS_BUILD_PROGRAMS=ON -DOPUS_DRED=ON -DOPUS_DEEP_PLC=ON
 *     cmake --build BUILD --target opus_demo
 *     node bench/transport/measure.mjs FOLDER --opus-demo BUILD/opus_demo
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Audio, resample } from "@twelvehz/codec/node";

const RATE = 24_000;
const PACKET_SAMPLES = 480;
/** RTP, UDP and IPv4. */
const HEADER_BYTES = 40;
/** Half a second of redundancy, in units of 10 ms. */
const DRED_FRAMES = 50;
/** From which on the decoder conceals by its network. */
const DECODER_COMPLEXITY = 5;

const run = promisify(execFile);
const packetsOf = (samples) => Math.ceil(samples / PACKET_SAMPLES);

/** A codec for `evaluate`. @param program path of opus_demo */
export function dredCodec(program, bitsPerSecond) {
  const send = async (clip, loss, isLost) => {
    const input = resample(clip, RATE);
    const folder = await mkdtemp(join(tmpdir(), "twelvehz-dred-"));
    try {
      const at = (name) => join(folder, name);
      const pcm = Int16Array.from(input.samples, (x) => Math.max(-32_768, Math.min(32_767, Math.round(32_768 * x))));
      const packets = packetsOf(pcm.length);
      await writeFile(at("in"), pcm);
      await writeFile(at("losses"), Array.from({ length: packets + 10 }, () => (isLost() ? 1 : 0)).join("\n"));
      const rates = ["voip", String(RATE), "1", String(bitsPerSecond), "-cbr", "-dec_complexity", String(DECODER_COMPLEXITY)];
      const losses = loss > 0 ? ["-loss", String(Math.round(100 * loss)), "-dred", String(DRED_FRAMES), "-lossfile", at("losses")] : [];
      await run(program, [...rates, ...losses, at("in"), at("out")]);
      const bytes = await readFile(at("out"));
      const heard = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
      const out = Float32Array.from({ length: input.samples.length }, (_, i) => (heard[i] ?? 0) / 32_768);
      const back = resample(new Audio(out, RATE), clip.sampleRate).samples.slice(0, clip.samples.length);
      const packetBytes = (bitsPerSecond * PACKET_SAMPLES) / RATE / 8;
      return { audio: new Audio(back, clip.sampleRate), byteLength: packets * (packetBytes + HEADER_BYTES), delaySeconds: 0 };
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  return {
    name: `Opus ${bitsPerSecond / 1000} kbit/s CBR over RTP, DRED`,
    algorithmicDelaySeconds: 0.02 + 0.0065,
    roundTrip: (clip) => send(clip, 0, () => false),
    overLink: (clip, { loss, isLost }) => send(clip, loss, isLost),
  };
}
