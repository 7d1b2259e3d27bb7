/** Options that several commands share, and how their values are read. */
import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import {
  type BackendName,
  BACKENDS,
  DECODER_WEIGHTS,
  type DecoderWeights,
  type DeviceName,
  DEVICES,
  type LayerSelection,
} from "@twelvehz/codec/node";

/** Reports for programs. */
export const jsonOption: Option<"--json"> = new Option("--json", "print one line of JSON for each input instead of a table");

/** Help that follows the list of options of a command. */
export function examples(text: string): string {
  return `\nExamples:\n${text
    .trim()
    .split("\n")
    .map((line) => `  ${line.trim()}`)
    .join("\n")}`;
}

/** A whole number from `low` to `high`. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < low || value > high)
      throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
    return value;
  };
}

/** A list of layers such as `3,5-7`. */
export function layerList(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const match = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(part.trim());
    const [first, last] = match ? [Number(match[1]), Number(match[2] ?? match[1])] : [1, 0];
    if (last < first) throw new InvalidArgumentError('It must be a list of layers such as "3" or "3,5-7".');
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** Which model is used. */
export const modelOption: Option<"-m, --model <name>"> = new Option(
  "-m, --model <name>",
  "compact, a folder with config.json and model.safetensors, or a downloaded model; default: TWELVEHZ_MODEL, else what `twelvehz models use` has set, else compact",
);
/** What runs the networks. */
export const backendOption: Option<"--backend <name>", undefined, undefined, undefined, false, BackendName> = new Option(
  "--backend <name>",
  "what runs the networks: wasm = the code in C as WebAssembly, for compact models (their default); onnx = ONNX Runtime (default of all others)",
).choices(BACKENDS);
/** Where networks run. */
export const deviceOption: Option<"--device <name>", undefined, undefined, undefined, false, DeviceName> = new Option(
  "--device <name>",
  "where the published model runs: cpu (default), webgpu = on a graphics card, auto = on one if it passes the check",
).choices(DEVICES);
/** How a card keeps a decoder. */
export const decoderWeightsOption: Option<"--decoder-weights <type>", undefined, undefined, undefined, false, DecoderWeights> = new Option(
  "--decoder-weights <type>",
  "how a graphics card keeps the decoder: float32 (default), float16 = rounded, in half of the memory",
).choices(DECODER_WEIGHTS);
/** How many inputs are worked on at once. */
export const jobsOption: Option<"-j, --jobs <n>", undefined, undefined, number> = new Option(
  "-j, --jobs <n>",
  "inputs to work on at once; default: one for each processor",
).argParser(wholeNumber(1, 256));
/** For going on with a batch. */
export const skipExistingOption: Option<"--skip-existing"> = new Option(
  "--skip-existing",
  "leave out inputs whose output is there already, to go on with a batch",
);
/** WAV of 32-bit floats. */
export const floatOption: Option<"--float"> = new Option("--float", "write 32-bit float WAV instead of 16-bit");
/** Which way round a table of codes is. */
export const axesOption: Option<"--axes <order>", undefined, undefined, undefined, false, "TK" | "KT"> = new Option(
  "--axes <order>",
  "of codes in .npy, .pt and JSON: TK = frames of layers, KT = layers of frames; default: TK, and a note where it may be either",
).choices(["TK", "KT"] as const);
/** What damage means. */
export const strictOption: Option<"--strict"> = new Option(
  "--strict",
  "refuse files that are damaged, cut short or declare wrong numbers; default: take what is there, say so, and end with 3 after damage",
);
/** The first layers only. */
export const layersOption: Option<"--layers <n>", undefined, undefined, number> = new Option(
  "--layers <n>",
  "use the first n layers only, 1 to 16",
).argParser(wholeNumber(1, 64));
/** One layer alone. */
export const onlyLayerOption: Option<"--only-layer <k>", undefined, undefined, number> = new Option(
  "--only-layer <k>",
  "use this layer alone, 0 to 15",
)
  .argParser(wholeNumber(0, 63))
  .conflicts("layers");
/** Layers that are left out. */
export const muteLayersOption: Option<"--mute-layers <list>", undefined, undefined, number[]> = new Option(
  "--mute-layers <list>",
  "leave these layers out, such as 3,5-7",
).argParser(layerList);

/** The layer options as commander gives them. */
export interface LayerOptions {
  readonly layers?: number | undefined;
  readonly onlyLayer?: number | undefined;
  readonly muteLayers?: number[] | undefined;
}

/** The layer options as the codec takes them. */
export function layerSelection({ layers, onlyLayer, muteLayers }: LayerOptions): LayerSelection {
  return { layers, onlyLayer, muteLayers };
}
