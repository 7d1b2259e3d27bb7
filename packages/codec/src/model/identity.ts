import { CodecError } from "../errors.ts";

/** Bytes of SHA-256 that name a model. */
const IDENTITY_BYTES = 16;

/**
 * Names a model by its content: the first 16 bytes of SHA-256 (FIPS 180-4) over the configuration, as JSON with sorted keys, and the stored codebooks of its decoder.
 * @param config the parsed `config.json`
 * @param codebooks bytes as stored, in the order of the layers
 * @returns 32 hexadecimal digits
 * @throws CodecError `bad-model` when the configuration is nested too deep to be walked through
 */
export async function modelId(config: unknown, codebooks: readonly Uint8Array[]): Promise<string> {
  const parts = [new TextEncoder().encode(sortedJson(config)), ...codebooks];
  const joined = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", joined));
  return Array.from(digest.subarray(0, IDENTITY_BYTES), (b) => b.toString(16).padStart(2, "0")).join("");
}

function sortedJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, v: unknown) =>
      v !== null && typeof v === "object" && !Array.isArray(v)
        ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
        : v,
    );
  } catch {
    throw new CodecError("bad-model", "Cannot use config.json of the model: it is nested too deep; get the model again");
  }
}
