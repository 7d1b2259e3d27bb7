import { lossModel, type LossModel, type LossOptions } from "./loss-model.ts";
import { type LossTrace, traceLoss } from "./loss-trace.ts";
import { SeededDice } from "./seeded-dice.ts";

/** What a link does to packets. Whatever is not given does not happen. */
export interface LinkConditions extends Partial<LossOptions> {
  /** Losses as they were recorded, in place of `loss` and `burst`; the seed says where they begin. */
  readonly trace?: LossTrace | undefined;
  /** Least time on the way, ms. */
  readonly delayMs?: number | undefined;
  /**
   * Mean of what is added to it, ms: exponential, so that a twentieth of the packets takes more
   * than three times as long. Packets do not overtake each other by it.
   */
  readonly jitterMs?: number | undefined;
  /** Part of the packets that are held back so that later ones overtake them, 0 to 1. */
  readonly reorder?: number | undefined;
  /** Part of the packets that come twice, 0 to 1. */
  readonly duplicate?: number | undefined;
  /** What goes through, kbit/s. Packets wait for each other. */
  readonly kbps?: number | undefined;
  /** Longest wait for the rate, ms; what would wait longer is dropped. Default 2000. */
  readonly queueMs?: number | undefined;
  /** Bytes that each packet takes on the link beside its own. */
  readonly headerBytes?: number | undefined;
  /** Longer packets are dropped, bytes. */
  readonly mostBytes?: number | undefined;
  /**
   * Before the first packet after a second of rest, ms: how long it takes to be let onto the air.
   */
  readonly accessMs?: number | undefined;
}

/** A packet that comes out of a link. */
export interface Delivery {
  /** When, ms of the caller's clock. */
  readonly atMs: number;
  readonly datagram: Uint8Array;
}

/** Rest after which access is to be gained again, ms. */
const REST_MS = 1000;
/** Packets of a trace between the places where two seeds begin: a prime, and more than a minute. */
const TRACE_STEP = 997;
/** How much longer a packet is held back that others overtake: enough for two packets of 80 ms. */
const HELD_BACK_MS = 170;

/**
 * Links by name. `nb-iot` = 60 kbit/s, one packet of at most 1358 bytes, 0.65 s until the network
 * grants access (3GPP TR 45.820 counts 0.3 to 1 s in good coverage); `lora` = spreading factor 7 at
 * 125 kHz, 5.47 kbit/s and at most 222 bytes (LoRaWAN regional parameters, EU868).
 */
export const LINK_PROFILES: Readonly<Record<string, LinkConditions>> = {
  "nb-iot": { kbps: 60, delayMs: 100, accessMs: 650, headerBytes: 28, mostBytes: 1358 },
  lora: { kbps: 5.47, delayMs: 20, headerBytes: 13, mostBytes: 222, queueMs: 10_000 },
};

/**
 * A bad link: tells for every packet when it comes out, if at all. Has no clock; the same seed
 * gives the same fates.
 */
export class LinkSimulator {
  readonly #conditions: LinkConditions;
  readonly #dice: SeededDice;
  readonly #isLost: LossModel;
  /** When the link is free again, ms. */
  #freeMs = Number.NEGATIVE_INFINITY;
  #latestMs = Number.NEGATIVE_INFINITY;

  /**
   * @param seed fixes everything that is random
   * @throws RangeError for a loss that is not possible
   */
  constructor(conditions: LinkConditions, seed = 1) {
    this.#conditions = conditions;
    const { trace, loss = 0, burst } = conditions;
    this.#isLost = trace ? traceLoss(trace, TRACE_STEP * seed) : lossModel({ loss, burst }, new SeededDice(seed));
    this.#dice = new SeededDice(seed + 1_000_003); // what else is random does not change which packets are lost
  }

  /** Sends a packet; the datagram is handed on, not copied. */
  send(datagram: Uint8Array, nowMs: number): Delivery[] {
    const { delayMs = 0, jitterMs = 0, reorder = 0, duplicate = 0, mostBytes = Number.POSITIVE_INFINITY } = this.#conditions;
    const [isLost, isLate, isTwice] = [this.#isLost(), this.#dice.falls(reorder), this.#dice.falls(duplicate)];
    const added = -jitterMs * Math.log(this.#dice.uniform());
    const leavesMs = this.#leaves(datagram.length, nowMs);
    if (isLost || leavesMs === undefined || datagram.length > mostBytes) return [];
    const inOrder = Math.max(this.#latestMs, leavesMs + delayMs + added);
    if (!isLate) this.#latestMs = inOrder;
    const atMs = isLate ? inOrder + HELD_BACK_MS : inOrder;
    return isTwice
      ? [
          { atMs, datagram },
          { atMs: atMs + 1, datagram },
        ]
      : [{ atMs, datagram }];
  }

  /** When the last bit is on the way, or undefined where the queue is too long. */
  #leaves(byteLength: number, nowMs: number): number | undefined {
    const { kbps, queueMs = 2000, headerBytes = 0, accessMs = 0 } = this.#conditions;
    const access = nowMs - this.#freeMs > REST_MS ? accessMs : 0;
    const begins = Math.max(nowMs, this.#freeMs) + access;
    if (begins - nowMs - access > queueMs) return undefined;
    this.#freeMs = begins + (kbps === undefined ? 0 : ((byteLength + headerBytes) * 8) / kbps);
    return this.#freeMs;
  }
}
