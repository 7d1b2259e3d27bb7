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

  /** A token in the name of an owner of a key; only characters that a subprotocol may have. */
  issue(owner: string): string {
    const claim = Buffer.from(JSON.stringify([owner, this.#clock.now() + TOKEN_SECONDS * 1000])).toString("base64url");
    return `${claim}.${this.#sign(claim)}`;
  }

  /** The owner in whose name the token is, or undefined where it is not ours or has run out. */
  nameOf(token: string): string | undefined {
    const [claim = "", signature = ""] = token.split(".");
    const [wanted, found] = [Buffer.from(this.#sign(claim)), Buffer.from(signature)];
    if (wanted.length !== found.length || !timingSafeEqual(wanted, found)) return undefined;
    const [owner, endMs] = JSON.parse(Buffer.from(claim, "base64url").toString()) as [string, number];
    return this.#clock.now() < endMs ? owner : undefined;
  }

  #sign(claim: string): string {
    return createHmac("sha256", this.#secret).update(claim).digest("base64url");
  }
}
