import { hexOf } from "../bytes/hex.ts";
import { joinBytes } from "../bytes/join.ts";
import { CodecError } from "../errors.ts";
import { sha256 } from "./sha256.ts";

/** SHA-256 of some bytes. */
export type Digest = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Bytes of SHA-256 that name a model. */
const IDENTITY_BYTES = 16;

/**
 * Names a model by its content: the first 16 bytes of SHA-256 (FIPS 180-4) over the digests, by
 * SHA-256 too, of the configuration, as JSON with sorted keys, and of each stored codebook tensor
 * of its decoder.
 * @param config the parsed `config.json`
 * @param codebooks bytes as stored, in the order of the layers
 * @param digest SHA-256, where there is one that is faster than the default
 * @returns 32 hexadecimal digits
 * @throws CodecError `bad-model` when the configuration is nested too deep to be walked through
 */
export async function modelId(config: unknown, codebooks: Iterable<Uint8Array>, digest: Digest = digestOf): Promise<string> {
  const digests = [await digest(new TextEncoder().encode(sortedJson(config)))];
  for (const codebook of codebooks) digests.push(await digest(codebook)); // one at a time: together they have 33 MB
  return hexOf((await digest(joinBytes(digests))).subarray(0, IDENTITY_BYTES));
}

async function digestOf(bytes: Uint8Array): Promise<Uint8Array> {
  const { subtle } = crypto as { readonly subtle?: SubtleCrypto }; // a page that is neither on https nor on localhost has none
  return subtle ? new Uint8Array(await subtle.digest("SHA-256", new Uint8Array(bytes))) : sha256(bytes);
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
