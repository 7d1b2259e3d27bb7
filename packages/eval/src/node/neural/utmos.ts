import { CodecError } from "@twelvehz/codec/node";
import type { NeuralMeasure } from "./neural-measure.ts";
import { NeuralSession } from "./neural-session.ts";

/**
 * UTMOS, 1 to 5 (Saeki et al., "UTMOS: UTokyo-SaruLab system for VoiceMOS Challenge 2022",
 * Interspeech 2022), by a network that the user supplies: none is part of this library.
 * @param path of an ONNX file whose one input is float32 `[1, samples]` at 16 kHz, of any length,
 * and whose first output is the score
 * @throws CodecError `not-found`, `bad-model` when it cannot be read or has other inputs
 */
export async function openUtmos(path: string): Promise<NeuralMeasure> {
  const session = await NeuralSession.open(path);
  try {
    assertWaveformInput(path, session);
  } catch (error) {
    await session.close();
    throw error;
  }
  return {
    measures: [{ id: "utmos", label: "UTMOS", model: `UTMOS, ${session.model}` }],
    async score(samples) {
      const scores = await session.run({ [session.inputs[0].name]: { dims: [1, samples.length], data: samples } });
      if (scores.length === 1) return { utmos: scores[0] };
      throw new CodecError(
        "bad-model",
        `Cannot use the network "${path}": it gives ${scores.length} numbers for a clip; one score is wanted`,
      );
    },
    close: () => session.close(),
  };
}

function assertWaveformInput(path: string, { inputs }: NeuralSession): void {
  const [input] = inputs;
  const takesOne = input?.shape[0] === 1 || typeof input?.shape[0] === "string";
  if (inputs.length === 1 && input.type === "float32" && input.shape.length === 2 && takesOne && typeof input.shape[1] === "string") return;
  const found = inputs.map(({ name, type, shape }) => `${name} ${type} [${shape.join(", ")}]`).join(" and ");
  throw new CodecError(
    "bad-model",
    `Cannot use the network "${path}" for UTMOS: its input is ${found}; one input float32 [1, samples] at 16 kHz of any length is wanted, export it so`,
  );
}
