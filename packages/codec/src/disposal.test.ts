import { expect, it } from "vitest";
import { Codec } from "./codec.ts";
import type { Engine, FrameDecoder, FrameEncoder } from "./runtime/engine.ts";

/** An engine that notes what is closed. */
function engine(closed: string[]): Engine {
  const half = (name: string): { close(): Promise<void> } => ({ close: async () => void closed.push(name) });
  return {
    info: { layers: 1, samplesPerFrame: 1, sampleRate: 1, traits: {} } as Engine["info"],
    openEncoder: async () => half("encoder") as FrameEncoder,
    openDecoder: async () => half("decoder") as FrameDecoder,
    close: async () => void closed.push("engine"),
  };
}

it("a codec and its streams end with the block that uses them", async () => {
  const closed: string[] = [];
  const codec = new Codec(engine(closed));
  await codec.openEncodeStream()[Symbol.asyncDispose]();
  await codec.openDecodeStream()[Symbol.asyncDispose]();
  await codec[Symbol.asyncDispose]();
  expect(closed).toEqual(["encoder", "decoder", "engine"]);
});
