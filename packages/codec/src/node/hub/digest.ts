import { createHash, type Hash } from "node:crypto";
import { open } from "node:fs/promises";
import { fileError } from "../file-errors.ts";

/**
 * What identifies the content of a file: its SHA-256 (64 digits), or the SHA-1 that git gives it as
 * a blob (40 digits).
 */
export interface ContentDigest {
  readonly algorithm: "sha256" | "git-sha1";
  /** Lower-case hexadecimal digits. */
  readonly hex: string;
}

/** Bytes that are hashed at once. */
const CHUNK_BYTES = 1 << 20;

/** The digest that hexadecimal digits are by their number, or undefined. */
export function digestOf(hex: unknown): ContentDigest | undefined {
  if (typeof hex !== "string") return undefined;
  const digits = hex.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return { algorithm: "sha256", hex: digits };
  if (/^[0-9a-f]{40}$/.test(digits)) return { algorithm: "git-sha1", hex: digits };
  return undefined;
}

/**
 * Starts hashing.
 * @param bytes length of the whole content, which git hashes before the content
 */
export function startHash(algorithm: ContentDigest["algorithm"], bytes: number): Hash {
  return algorithm === "sha256" ? createHash("sha256") : createHash("sha1").update(`blob ${bytes}\0`);
}

/** What an algorithm is called in messages. */
export function algorithmName(algorithm: ContentDigest["algorithm"]): string {
  return algorithm === "sha256" ? "SHA-256" : "git SHA-1";
}

/**
 * The digest of a file.
 * @throws CodecError `not-found`, `no-permission`, `io`, `aborted`
 */
export async function hashFile(path: string, algorithm: ContentDigest["algorithm"], signal?: AbortSignal): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      const hash = startHash(algorithm, size);
      const chunk = new Uint8Array(CHUNK_BYTES);
      for (;;) {
        signal?.throwIfAborted();
        const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES);
        if (bytesRead === 0) return hash.digest("hex");
        hash.update(chunk.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError("read", path, error);
  }
}
