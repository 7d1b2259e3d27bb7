/** Streams side by side, of two models: the bits of each are those that it has alone. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { Audio, type Codec, type Codes, WavEncoder } from "@twelvehz/codec";
import { openCodec, readAudio } from "@twelvehz/codec/node";
import { clipPath, temporaryFolder } from "@twelvehz/test-support/command.ts";
import { openCodec as openToy } from "@twelvehz/test-support/toy-codec.mjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeSafetensors } from "../support/write-safetensors.mjs";
import { type Serving, serve } from "./serving.ts";
import { StreamClient } from "./stream-client.ts";

/** What is sent in a stream, in units of so many bytes, and what has to come. */
interface Half {
  readonly input: Uint8Array;
  readonly unit: number;
  readonly wanted: Uint8Array;
}
/** A model, and a clip of it. */
interface Party {
  readonly model: string;
  readonly encode: Half;
  readonly decode: Half;
}

let server: Serving;
let parties: readonly Party[];
beforeAll(async () => {
  const folder = join(temporaryFolder(), "toy");
  mkdirSync(folder);
  writeFileSync(join(folder, "config.json"), JSON.stringify({ model_type: "toy_tokenizer_25hz", name: "toy" }));
  writeFileSync(join(folder, "model.safetensors"), writeSafetensors({ entries: { dtype: "U8", shape: [1], data: Uint8Array.of(1) } }));
  const openModel = (name: string): Promise<Codec> => (name === "compact" ? openCodec("compact") : openToy());
  server = await serve({ model: folder, openModel, limits: { slots: 8 } });
  const speech = await readAudio(clipPath("english.flac"));
  const clip = new Audio(speech.samples.slice(0, 18_000), speech.sampleRate);
  const steps = new Audio(
    Float32Array.from({ length: 9700 }, (_, i) => ((Math.floor(i / 160) % 90) - 45) / 128),
    16_000,
  );
  const [compact, toy] = [await openCodec("compact"), await openToy()];
  parties = [await partyOf("compact", compact, clip), await partyOf(server.models.defaultName, toy, steps)];
  await Promise.all([compact.close(), toy.close()]);
});
afterAll(() => server.app.close());

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** What the library gives for a clip when it is alone. */
async function partyOf(model: string, codec: Codec, clip: Audio): Promise<Party> {
  const codes: Codes = await codec.encode(clip);
  const stream = codec.openDecodeStream();
  const writer = new WavEncoder({ sampleRate: codec.info.sampleRate });
  const sound = [await stream.push(codes), await stream.flush()].map((part) => writer.encode(part));
  const { layers, samplesPerFrame } = codec.info;
  return {
    model,
    encode: { input: bytesOf(clip.samples), unit: 4 * Math.round(samplesPerFrame * 0.37), wanted: bytesOf(codes.data) },
    decode: { input: bytesOf(codes.data), unit: 2 * layers, wanted: Buffer.concat(sound) },
  };
}

/** Pieces of these lengths in units, one after the other, until there is no more. */
function* pieces({ input, unit }: Half, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < input.length; i++) {
    const end = at + lengths[i % lengths.length] * unit;
    yield input.subarray(at, end);
    at = end;
  }
}

test("any chunking, codec or neighbour: the same bits", async () => {
  const streams = fc.record({
    party: fc.nat(1),
    kind: fc.constantFrom("encode" as const, "decode" as const),
    lengths: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(streams, { minLength: 2, maxLength: 6 }), async (wishes) => {
      const open = await Promise.all(
        wishes.map(async ({ party, kind, lengths }) => {
          const { model, [kind]: half } = parties[party];
          const { client } = await StreamClient.start(server, kind, { model, ...(kind === "encode" && { pcm: "f32" }) });
          return { client, half, left: pieces(half, lengths) };
        }),
      );
      for (let going = open; going.length > 0; )
        going = going.filter(({ client, left }) => {
          const { value, done } = left.next();
          client.send(done ? { type: "finish" } : (value as Uint8Array));
          return !done;
        });
      for (const { client, half } of open) {
        expect(await client.closed()).toBe(1000);
        expect(Buffer.from(client.payload).equals(half.wanted)).toBe(true);
      }
    }),
    { numRuns: 5 },
  );
});
