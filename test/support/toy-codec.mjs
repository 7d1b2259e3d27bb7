/**
 * A codec that takes no time, to stand in for ours where many clips are wanted: the toy family. A
 * clip that begins with one of these samples ends the process that encodes it, or never ends.
 */
import { Codec } from "@twelvehz/codec";
import { toyFamily } from "../families/toy-family.mjs";

/** First samples of clips, and what they do. */
export const DEADLY = { SIGSEGV: 0.75, SIGKILL: 0.625, HANG: 0.5 };

export async function openCodec() {
  const origin = { id: "0123456789abcdef0123456789abcdef", family: "toy", traits: toyFamily.traits, backend: "toy" };
  const engine = await toyFamily.open({ config: { name: "toy" }, origin });
  return new Codec({ ...engine, openEncoder: async () => deadly(await engine.openEncoder()) });
}

/** An encoder that dies, or hangs, of a clip's first sample. */
function deadly(encoder) {
  const push = encoder.push.bind(encoder);
  let begun = false;
  encoder.push = async (samples) => {
    for (const [signal, sample] of Object.entries(DEADLY)) {
      if (begun || Math.abs(samples[0] - sample) > 1e-3) continue;
      if (signal !== "HANG") process.kill(process.pid, signal);
      await new Promise(() => undefined);
    }
    begun = true;
    return push(samples);
  };
  return encoder;
}
