/** Worker thread that compares clips for a {@link MeasureThread}. */
import { parentPort, workerData } from "node:worker_threads";
import { Audio, CodecError, endWhenAsked, messageOf } from "@twelvehz/codec/node";
import { FAMILIES, measurePair } from "../measures/measures.ts";
import { type MeasureAnswer, type MeasureRequest, type MeasureThreadOptions } from "./measure-thread.ts";
import { openNeuralMeasures } from "./neural/open-neural-measures.ts";
import { neuralFamily } from "./neural-family.ts";

const { neural } = workerData as MeasureThreadOptions;
const families = neural ? openNeuralMeasures(neural).then((opened) => [...FAMILIES, neuralFamily(opened)]) : Promise.resolve(FAMILIES);
families.catch(() => undefined); // said with the first answer

async function answer({ reference, degraded, sampleRate, ids }: MeasureRequest): Promise<MeasureAnswer> {
  try {
    const [x, y] = [new Audio(reference, sampleRate), new Audio(degraded, sampleRate)];
    return { values: await measurePair(await families, new Set(ids), x, y) };
  } catch (error) {
    return { failure: { code: error instanceof CodecError ? error.code : "runtime", message: messageOf(error) } };
  }
}

endWhenAsked(parentPort!);
parentPort!.on("message", (request: MeasureRequest) => {
  void answer(request).then((message) => parentPort!.postMessage(message));
});
