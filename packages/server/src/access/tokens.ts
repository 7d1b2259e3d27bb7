import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "@twelvehz/codec/internal";

/**
 * Seconds for which a token holds: long enough to open a stream, too short to be worth stealing.
 */
export const TOKEN_SECONDS = 300;

/**
 * Short-lived tokens for pages, which must not hold a key: whoever has a key gets one and hands it
 * on. They are signed with a secret of this process, and end with it.
 */
export class Tokens {
  readonly #secret = randomBytes(32);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A token that stands for a key, whose SHA-256 it names; only characters that a subprotocol and an
   * address may have.
   */
  issue(digest: string): string {
    const claim = Buffer.from(JSON.stringify([digest, this.#clock.now() + TOKEN_SECONDS * 1000])).toString("base64url");
    return `${claim}.${this.#sign(claim)}`;
  }

  /** SHA-256 of the key that a token stands for, or undefined where it is not ours or has run out. */
  digestOf(token: string): string | undefined {
    const [claim = "", signature = ""] = token.split(".");
    const [wanted, found] = [Buffer.from(this.#sign(claim)), Buffer.from(signature)];
    if (wanted.length !== found.length || !timingSafeEqual(wanted, found)) return undefined;
    const [digest, endMs] = JSON.parse(Buffer.from(claim, "base64url").toString()) as [string, number];
    return this.#clock.now() < endMs ? digest : undefined;
  }

  #sign(claim: string): string {
    return createHmac("sha256", this.#secret).update(claim).digest("base64url");
  }
}
