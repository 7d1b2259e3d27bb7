import { type Codes, serializeCodes } from "@twelvehz/codec";

/** Codes of one layer as a JSON list, which Python and this page read. */
export function layerText(codes: Codes, layer: number): string {
  return `[${Array.from({ length: codes.frames }, (_, t) => codes.data[t * codes.layers + layer]).join(", ")}]`;
}

/** The first codes of one layer, for one line of a page. */
export function layerPreview(codes: Codes, layer: number, count: number): string {
  const shown = Array.from({ length: Math.min(count, codes.frames) }, (_, t) => codes.data[t * codes.layers + layer]).join(" ");
  return codes.frames > count ? `${shown} …` : shown;
}

/** All codes as the text of a .json file: with the model that made them. */
export function allText(codes: Codes): string {
  return new TextDecoder().decode(serializeCodes(codes, "json"));
}
