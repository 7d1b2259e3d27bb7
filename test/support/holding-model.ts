/** The shipped model without its predictor of lost frames: they are held, as the decoder in C holds them. */
import { copyFileSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { MODEL_FOLDER } from "./golden.ts";

/** A folder with the model, below the one that is given. */
export function holdingModel(place: string): string {
  const folder = mkdtempSync(join(place, "holding-"));
  for (const name of ["config.json", "model.safetensors"]) copyFileSync(join(MODEL_FOLDER, name), join(folder, name));
  return folder;
}
