// Between packets that come when they like and a loudspeaker that wants a frame every 80 ms.
//
// Let r be the time of a packet's arrival less that of its newest frame, on whatever clocks. The
// fastest packet of late has the smallest r; the others are later by their jitter. Frame n is
// played at (smallest r) + n frames + delay. The delay wanted is what 95 % of the packets stay
// below, and, where packets get lost, the time until the copies have come that a loss of the kind
// seen of late needs. It grows and shrinks by whole frames: a frame is held or left out, in silence
// where there is some, and at once where packet after packet comes too late.
import { type CodesClock, framesPerSecond } from "@twelvehz/codec";
import { RecentDelays } from "./recent-delays.ts";
import { Depacketizer } from "../packets/depacketizer.ts";
import { depthOf, type Layout } from "../packets/layout.ts";
import { type LossFigures, LossMeter } from "../link/loss-meter.ts";
import type { Payload } from "../packets/payload.ts";

/** What to play next. */
export type PulledFrame =
  /** Codes of a frame, `[k]`: the first k layers, all of them where `isWhole`. */
  | { readonly kind: "codes"; readonly frame: number; readonly codes: Int16Array; readonly isWhole: boolean }
  /** Nothing came of it in time: to be concealed. `next` = what has come of the frame after it. */
  | { readonly kind: "lost"; readonly frame: number; readonly next?: Int16Array | undefined }
  /**
   * The speaker pauses: codes of background that was heard before, or none where there was none.
   */
  | { readonly kind: "pause"; readonly frame: number; readonly codes: Int16Array | undefined }
  /** The buffer waits a frame longer: to be concealed; no frame of the sender is passed. */
  | { readonly kind: "held" };

/** What a buffer has done. */
export interface JitterFigures extends LossFigures {
  /**
   * What the buffer adds now, ms: from the moment at which the fastest packets bring a frame to
   * that at which it is played.
   */
  readonly delayMs: number;
  /** What it should add, ms. */
  readonly targetMs: number;
  /** By how much 95 % of the packets are later than the fastest, ms. */
  readonly jitterMs: number;
  /** By how much half of the packets of the last two seconds are later than the fastest, ms. */
  readonly queueMs: number;
  /** Frames with all their layers. */
  readonly whole: number;
  /** Frames of which copies alone came. */
  readonly partial: number;
  /** Frames of which nothing came in time. */
  readonly lost: number;
  /** Frames that the sender left out in pauses. */
  readonly paused: number;
  /** Frames held to wait longer. */
  readonly held: number;
  /** Frames left out to wait less. */
  readonly skipped: number;
}

/** How a buffer works. */
export interface JitterBufferOptions {
  /** Longest delay, ms. Default 2000. */
  readonly mostDelayMs?: number | undefined;
  /** Shortest delay, ms: what the player needs in hand. Default 20. */
  readonly leastDelayMs?: number | undefined;
  /** Packets to wait for copies whatever is lost. Default: as the losses ask. */
  readonly depth?: number | undefined;
}

/** Part of the packets that are to come in time. */
const QUANTILE = 0.95;
/** Packets that tell of a queue on the way: two seconds. */
const QUEUE_PACKETS = 25;
/**
 * Pulls for which a delay must be too long before a frame is left out in the middle of speech: a
 * second.
 */
const PATIENCE = 12;
/** Pulls between two frames that are left out while it stays too long. */
const SKIP_PACE = 4;
/** Frames by which it may be too long at all. */
const MOST_OVER = 6;
/**
 * Packets in a row that come after their frames were played: the play is too early for the way as it is
 * now, or, by {@link MOST_OVER} frames, for the sender's clock, which stood still. Those that come at
 * once count as one: they were held up together.
 */
const LATE_PACKETS = 3;
/** Packets in a row that must be out of place before the sender's clock is taken to have jumped. */
const JUMP_PACKETS = 25;
/** Frames by which a packet may be ahead of the play: five seconds; more is a jump at once. */
const MOST_AHEAD = 64;
/** Frames of background that are kept for pauses. */
const BACKGROUND_FRAMES = 8;

/**
 * Puts frames in order and in time. Has no clock: times are given, in ms of any clock that is the
 * same for all calls.
 */
export class JitterBuffer {
  readonly #frameMs: number;
  readonly #options: JitterBufferOptions;
  readonly #frames = new Depacketizer();
  readonly #delays = new RecentDelays();
  readonly #losses = new LossMeter();
  readonly #background: Int16Array[] = [];
  #layout: Layout | undefined;
  /** Number of the frame to be played next; undefined before the first packet. */
  #next: number | undefined;
  #isPlaying = false;
  #isPause = false;
  #tooLong = 0;
  #outOfPlace = 0;
  /** Packets in a row that came too late, since a frame was held. */
  #late = 0;
  /** Whether one of them has come since the last pull. */
  #hasLate = false;
  #delayMs = 0;
  #counts = { whole: 0, partial: 0, lost: 0, paused: 0, held: 0, skipped: 0 };

  /** @param clock of the codes */
  constructor(clock: CodesClock, options: JitterBufferOptions = {}) {
    this.#frameMs = 1000 / framesPerSecond(clock);
    this.#options = options;
  }

  /** Takes a packet that has arrived. */
  push(frame: number, payload: Payload, atMs: number): void {
    const { layout } = payload;
    if (this.#hasJumped(frame, frame + layout.frames)) this.restart();
    this.#layout = layout;
    this.#delays.add(atMs - (frame + layout.frames - 1) * this.#frameMs);
    this.#frames.take(frame, payload);
    const [end, next] = [frame + layout.frames, this.#next ?? 0];
    for (let own = frame; own < Math.min(end, next); own++) this.#losses.came(own);
    if (this.#next === undefined || (!this.#isPlaying && frame < this.#next)) this.#next = frame;
  }

  /**
   * The next frame to be played, asked for whenever the player needs one.
   * @param isQuiet what was played last was silence or background: a good moment to wait or to
   * catch up
   * @returns undefined before there is something to play
   */
  pull(atMs: number, isQuiet = false): PulledFrame | undefined {
    this.#hasLate = false;
    if (this.#next === undefined) return undefined;
    const target = this.#targetMs();
    const over = this.#overMs(atMs, target);
    if (!this.#isPlaying && over < 0) return undefined;
    this.#isPlaying = true;
    const known = this.#frames.get(this.#next);
    const isSilent = isQuiet || this.#isPause || !known;
    if ((over <= -this.#frameMs / 2 && isSilent) || this.#late >= LATE_PACKETS) return this.#hold();
    this.#tooLong = over >= this.#frameMs ? this.#tooLong + 1 : 0;
    if (this.#tooLong > (isSilent ? 0 : PATIENCE) || over >= MOST_OVER * this.#frameMs) this.#skip();
    this.#delayMs = over + target;
    return this.#play(this.#next);
  }

  /** How it is doing. */
  get figures(): JitterFigures {
    const { loss, burst, longest } = this.#losses.figures;
    const frames = this.#layout?.frames ?? 1;
    const lost = { loss, burst: burst === 0 ? 0 : Math.max(1, burst / frames), longest: Math.ceil(longest / frames) };
    const [jitterMs, queueMs] = [this.#delays.quantileMs(QUANTILE), this.#delays.lateMs(QUEUE_PACKETS)];
    return { delayMs: this.#delayMs, targetMs: this.#targetMs(), jitterMs, queueMs, ...lost, ...this.#counts };
  }

  /** Whether a packet has come since the beginning. */
  get hasBegun(): boolean {
    return this.#next !== undefined;
  }

  /** Frames in memory, for tests. */
  get buffered(): number {
    return this.#frames.size;
  }

  /** By how much the next frame is played later than it should be, ms; negative = earlier. */
  #overMs(atMs: number, targetMs: number): number {
    return atMs - (this.#delays.baseMs + (this.#next ?? 0) * this.#frameMs) - targetMs;
  }

  #targetMs(): number {
    const { mostDelayMs = 2000, leastDelayMs = 20 } = this.#options;
    const frames = this.#layout?.frames ?? 1;
    const waited = (frames - 1 + this.#depth() * frames) * this.#frameMs;
    return Math.min(mostDelayMs, waited + Math.max(leastDelayMs, this.#delays.quantileMs(QUANTILE)));
  }

  /**
   * Packets to wait for copies: until the first copy that is one more back than were lost in a row
   * of late, as far as the layout reaches.
   */
  #depth(): number {
    if (!this.#layout) return 0;
    const { copies, frames } = this.#layout;
    const most = depthOf(this.#layout);
    if (this.#options.depth !== undefined) return Math.min(most, this.#options.depth);
    const longest = Math.ceil(this.#losses.figures.longest / frames);
    return longest === 0 ? 0 : (copies.find(({ back }) => back > longest)?.back ?? most);
  }

  #play(frame: number): PulledFrame {
    const known = this.#frames.get(frame);
    this.#advance();
    if (known?.pauseFollows !== undefined) this.#isPause = known.pauseFollows;
    if (known) {
      this.#losses.add(frame, !known.isWhole);
      this.#counts[known.isWhole ? "whole" : "partial"]++;
      if (known.pauseFollows) this.#keepBackground(known.codes);
      return { kind: "codes", frame, codes: known.codes, isWhole: known.isWhole };
    }
    if (this.#isPause) {
      this.#counts.paused++;
      return { kind: "pause", frame, codes: this.#background[frame % Math.max(1, this.#background.length)] };
    }
    this.#losses.add(frame, true);
    this.#counts.lost++;
    return { kind: "lost", frame, next: this.#frames.get(frame + 1)?.codes };
  }

  #hold(): PulledFrame {
    this.#counts.held++;
    this.#late = 0;
    return { kind: "held" };
  }

  #keepBackground(codes: Int16Array): void {
    this.#background.push(codes);
    if (this.#background.length > BACKGROUND_FRAMES) this.#background.shift();
  }

  #skip(): void {
    const next = this.#next ?? 0;
    const known = this.#frames.get(next);
    if (known || !this.#isPause) this.#losses.add(next, !known?.isWhole);
    if (known?.pauseFollows !== undefined) this.#isPause = known.pauseFollows;
    this.#counts.skipped++;
    this.#tooLong = PATIENCE - SKIP_PACE;
    this.#advance();
  }

  #advance(): void {
    this.#next = (this.#next ?? 0) + 1;
    this.#frames.forget(this.#next);
  }

  /** The sender's numbers went on elsewhere: its clock stood still, or it began anew. */
  #hasJumped(frame: number, end: number): boolean {
    if (this.#next === undefined) return false;
    const behind = this.#next - end;
    this.#outOfPlace = behind >= 0 ? this.#outOfPlace + 1 : 0;
    if (behind < 0) this.#late = 0;
    else if (!this.#hasLate) this.#late++;
    this.#hasLate = behind >= 0;
    const stoodStill = this.#late >= LATE_PACKETS && behind >= MOST_OVER;
    return frame > this.#next + MOST_AHEAD || this.#outOfPlace > JUMP_PACKETS || stoodStill;
  }

  /** Forgets what has come, as the next packet is of another call. Figures go on. */
  restart(): void {
    this.#frames.clear();
    this.#delays.clear();
    this.#next = undefined;
    this.#isPlaying = this.#isPause = false;
    this.#outOfPlace = this.#late = 0;
  }
}
