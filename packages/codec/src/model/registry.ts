import { compactFamily } from "./compact/family.ts";
import type { ModelFamily } from "./family.ts";
import { publishedFamily } from "./published/family.ts";

/**
 * The families that can be opened, a line each. The type of a configuration is known inside its
 * family only.
 */
export const MODEL_FAMILIES: readonly ModelFamily[] = [
  compactFamily as ModelFamily, //
  publishedFamily as ModelFamily,
];
