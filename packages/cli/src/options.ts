/** Options that several commands share, and how their values are read. */
import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import type { LayerSelection } from "@twelvehz/codec/node";

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
