import type { SeededDice } from "./seeded-dice.ts";

/** Decides about one packet after another. */
export type LossModel = () => boolean;

/** How packets get lost. */
export interface LossOptions {
  /** Part of the packets, 0 to 1. */
  readonly loss: number;
  /**
   * Mean packets lost in a row, 1 or more. Default: as independent losses have it, 1 / (1 - loss).
   */
  readonly burst?: number | undefined;
}

/**
 * Losses that are independent, or come in bursts: a chain of two states, one of which loses every
 * packet (Gilbert 1960; with these two numbers Elliott's further ones are 0 and 1).
 * @throws RangeError for numbers that no chain has
 */
export function lossModel({ loss, burst }: LossOptions, dice: SeededDice): LossModel {
  if (!(loss >= 0 && loss < 1)) throw new RangeError(`Cannot lose ${loss} as "loss": 0 to less than 1 is possible`);
  if (burst === undefined) return () => dice.falls(loss);
  const enter = loss / ((1 - loss) * burst);
  if (!(burst >= 1) || enter > 1)
    throw new RangeError(
      `Cannot use ${burst} as "burst" with a loss of ${loss}: at least ${Math.max(1, loss / (1 - loss)).toFixed(2)} in a row is possible`,
    );
  let isBad = dice.falls(loss);
  return () => {
    const isLost = isBad;
    isBad = isBad ? !dice.falls(1 / burst) : dice.falls(enter);
    return isLost;
  };
}
