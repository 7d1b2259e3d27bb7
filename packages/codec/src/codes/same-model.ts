import { assertKind } from "../misuse.ts";
import type { ModelIdentity } from "./model-info.ts";
import { CodecError } from "../errors.ts";

/**
 * Refuses codes of another model: their integers would decode to noise. Codes that name no model
 * pass.
 * @param found the model that made the codes, where it is known
 * @param expected the model that is to use them
 * @throws CodecError `model-mismatch`, naming both
 */
export function assertSameModel(found: ModelIdentity | undefined, expected: ModelIdentity): void {
  assertKind(expected, "expected", "object");
  if (!found || found.id.toLowerCase() === expected.id.toLowerCase()) return;
  throw new CodecError(
    "model-mismatch",
    `Cannot use codes of model "${found.name}" (${found.id}) with model "${expected.name}" (${expected.id}): open the codec with the model that made them`,
  );
}
