import { CodecError } from "@twelvehz/codec";
import type { ServerLimits } from "../limits.ts";

/** What the owner of a key may take, where it is less than the server gives. */
export interface OwnerLimits {
  /** Streams and requests at work at once. */
  readonly slots?: number;
  /** Connections for streams. */
  readonly sockets?: number;
  /** Seconds of sound in a request, and in a session of a stream. */
  readonly seconds?: number;
  /** Bytes of a request's body. */
  readonly bytes?: number;
  /** Messages of a stream in any second. */
  readonly messages?: number;
}

/** Whose key or token a request has. */
export interface KeyOwner {
  readonly name: string;
  /** SHA-256 of the key, hexadecimal: tells apart two keys of one name. */
  readonly digest: string;
  readonly limits: OwnerLimits;
}

const NAMES: ReadonlySet<string> = new Set(["slots", "sockets", "seconds", "bytes", "messages"] satisfies (keyof OwnerLimits)[]);
const MOST = 1e12;

/**
 * Limits as a line of the file of keys has them: `slots=4 seconds=60`.
 * @param where begins the message of the error
 * @throws CodecError `bad-format`
 */
export function parseOwnerLimits(words: readonly string[], where: string): OwnerLimits {
  const limits: Record<string, number> = {};
  for (const word of words) {
    const [name = "", value = ""] = word.split("=");
    const number = Number(value);
    const fits = NAMES.has(name) && /^\d+$/.test(value) && number >= 1 && number <= MOST && limits[name] === undefined;
    if (!fits)
      throw new CodecError(
        "bad-format",
        `${where}: "${word}" is no limit; write each of ${[...NAMES].join(", ")} at most once, as in slots=4, from 1 on`,
      );
    limits[name] = number;
  }
  return limits;
}

/** What holds for an owner: the smaller of the server's limit and theirs. */
export function limitsFor(limits: ServerLimits, owner: KeyOwner | undefined): ServerLimits {
  if (!owner) return limits;
  const { bytes = Infinity, seconds = Infinity, messages = Infinity } = owner.limits;
  return {
    ...limits,
    maxBytes: Math.min(limits.maxBytes, bytes),
    maxSeconds: Math.min(limits.maxSeconds, seconds),
    maxStreamSeconds: Math.min(limits.maxStreamSeconds, seconds),
    messagesPerSecond: Math.min(limits.messagesPerSecond, messages),
  };
}
