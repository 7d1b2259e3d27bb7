import type { Condition } from "../condition.ts";
import { filterByGain, type GainCurve } from "./magnitude-filter.ts";

/** Devices whose loudspeaker is imitated. */
export const PLAYBACK_DEVICES = ["phone", "PC", "smart speaker"] as const;

/** A device whose loudspeaker is imitated. */
export type PlaybackDevice = (typeof PLAYBACK_DEVICES)[number];

/**
 * Curves of this library's own: what such loudspeakers have in common, not a measurement of any of
 * them.
 */
const CURVES: Readonly<Record<PlaybackDevice, GainCurve>> = {
  /**
   * A membrane of a centimetre: nothing below 300 Hz, a resonance at 900 Hz, another at 3 kHz,
   * tired from 8 kHz on.
   */
  phone: [
    [100, -50],
    [300, -20],
    [600, -3],
    [900, 3],
    [1500, 0],
    [3000, 4],
    [6000, 0],
    [8000, -3],
    [12_000, -15],
    [20_000, -30],
  ],
  /** Loudspeakers under a keyboard: thin below 250 Hz, a hollow at 1.5 kHz, bright up to 10 kHz. */
  PC: [
    [60, -40],
    [150, -18],
    [250, -6],
    [400, 0],
    [1500, -3],
    [3000, 1],
    [8000, 2],
    [12_000, -2],
    [18_000, -12],
  ],
  /** A woofer in a closed box that fires at the table: full from 80 Hz on, dull above 5 kHz. */
  "smart speaker": [
    [40, -24],
    [80, 0],
    [150, 4],
    [300, 1],
    [1000, 0],
    [5000, -2],
    [10_000, -8],
    [16_000, -16],
  ],
};

/**
 * What a device's loudspeaker makes of the sound. It comes after the codec: it is applied to what
 * came back as well as to the reference. Phases stay, nothing is delayed.
 */
export function playback(device: PlaybackDevice): Condition {
  return { name: `playback ${device}`, stage: "playback", apply: (clip) => filterByGain(clip, CURVES[device]) };
}
