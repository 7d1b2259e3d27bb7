import type { FastifySchemaValidationError } from "fastify";
import { CodecError } from "@twelvehz/codec";

/** What was wrong with the options of a request, by the validator's first finding. */
export function queryError(problem: Pick<FastifySchemaValidationError, "params" | "instancePath" | "message"> | undefined): CodecError {
  const { params, instancePath = "", message = "is not valid" } = problem ?? {};
  const { additionalProperty, allowedValues } = params ?? {};
  if (additionalProperty !== undefined)
    return new CodecError("usage", `Cannot use the query: there is no option "${String(additionalProperty)}"`);
  const values = Array.isArray(allowedValues) ? `: ${allowedValues.join(", ")}` : "";
  return new CodecError("usage", `Cannot use the query: "${instancePath.slice(1)}" ${message}${values}`);
}
