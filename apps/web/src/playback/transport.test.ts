import { Audio } from "@twelvehz/codec";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type PlaybackContext, Transport } from "./transport.ts";

/** A source that was started. */
interface Started {
  readonly seconds: number;
  readonly when: number;
  readonly offset: number;
  isStopped: boolean;
  gain: number;
  /** The part that it plays again and again. */
  readonly loop: readonly [start: number, end: number] | undefined;
}

/** An audio context whose clock is moved by hand, and which remembers what was started. */
class FakeContext {
  currentTime = 0;
  readonly destination = {};
  readonly started: Started[] = [];

  createBuffer(_channels: number, length: number, rate: number): unknown {
    return { duration: length / rate, getChannelData: () => new Float32Array(length) };
  }

  createBufferSource(): unknown {
    let voice: Started;
    const source = {
      buffer: { duration: 0 },
      loop: false,
      loopStart: 0,
      loopEnd: 0,
      gain: { gain: 0 } as { gain: number },
      connect: (node: { bind(get: () => Started): void; connect(): void }) => {
        node.bind(() => voice);
        return node;
      },
      start: (when: number, offset: number) => {
        const loop = source.loop ? ([source.loopStart, source.loopEnd] as const) : undefined;
        voice = { seconds: source.buffer.duration, when, offset, isStopped: false, gain: 0, loop };
        this.started.push(voice);
      },
      stop: () => (voice.isStopped = true),
    };
    return source;
  }

  createGain(): unknown {
    let voice = (): Started => ({ gain: 0 }) as Started;
    return {
      bind: (get: () => Started) => (voice = get),
      connect: () => undefined,
      disconnect: () => undefined,
      gain: {
        value: 0,
        cancelScheduledValues: () => undefined,
        setValueAtTime: () => undefined,
        linearRampToValueAtTime: (to: number) => (voice().gain = to),
      },
    };
  }

  get sounding(): Started[] {
    return this.started.filter(({ isStopped }) => !isStopped);
  }
}

const RATE = 100;
const clipOf = (seconds: number): Audio => new Audio(new Float32Array(seconds * RATE), RATE);
let context: FakeContext;
let transport: Transport;
let nextFrame: (() => void) | undefined;

/** Moves the clock and lets the page draw once. */
function passTo(seconds: number): void {
  context.currentTime = seconds;
  nextFrame?.();
}

beforeEach(() => {
  vi.stubGlobal("requestAnimationFrame", (call: () => void) => (nextFrame = call));
  context = new FakeContext();
  transport = new Transport(() => context as unknown as PlaybackContext);
  transport.setTrack("a", clipOf(10));
  transport.setTrack("b", clipOf(8));
});
afterEach(() => {
  transport.pause();
  vi.unstubAllGlobals();
});

test("all tracks start at the same instant and only one is heard", () => {
  transport.play("b");
  expect(context.sounding.map(({ when, offset }) => [when, offset])).toEqual([
    [0.03, 0],
    [0.03, 0],
  ]);
  expect(context.sounding.map(({ gain }) => gain)).toEqual([0, 1]);
});

test("switching while it plays changes gains and starts nothing", () => {
  transport.play("a");
  passTo(3);
  transport.hear("b");
  expect(context.started).toHaveLength(2);
  expect(context.sounding.map(({ gain }) => gain)).toEqual([0, 1]);
  expect(transport.isPlaying.value).toBe(true);
});

test("the position follows the clock, and a pause keeps it for the next start", () => {
  transport.play();
  passTo(2.03);
  expect(transport.position.value).toBeCloseTo(2);
  transport.pause();
  passTo(9);
  expect(transport.position.value).toBeCloseTo(2);
  transport.play();
  expect(context.sounding.map(({ offset }) => offset)).toEqual([expect.closeTo(2), expect.closeTo(2)]);
});

test("at the end of the longest track it stops and goes back to the start", () => {
  transport.play();
  passTo(9);
  expect(transport.isPlaying.value).toBe(true);
  passTo(10.1);
  expect(transport.isPlaying.value).toBe(false);
  expect(transport.position.value).toBe(0);
  expect(context.sounding).toHaveLength(0);
});

test("seeking stays within the clip, goes on playing, and leaves out tracks that have ended there", () => {
  transport.play();
  transport.seek(9);
  expect(context.sounding.map(({ seconds, offset }) => [seconds, offset])).toEqual([[10, 9]]);
  transport.pause();
  transport.seek(99);
  expect(transport.position.value).toBe(10);
  transport.seek(-1);
  expect(transport.position.value).toBe(0);
});

test("a track that is replaced while it plays goes on at the same place", () => {
  transport.play("b");
  passTo(4.03);
  transport.setTrack("b", clipOf(9));
  const replaced = context.sounding.find(({ seconds }) => seconds === 9);
  expect(replaced?.offset).toBeCloseTo(4);
  expect(replaced?.gain).toBe(1);
  expect(context.sounding).toHaveLength(2);
});

test("removing the track that is heard lets another be heard; removing all ends it", () => {
  transport.play("b");
  transport.setTrack("b", undefined);
  expect(transport.heard.value).toBe("a");
  transport.setTrack("a", undefined);
  expect(transport.isPlaying.value).toBe(false);
  expect(transport.heard.value).toBe("");
  expect(transport.duration.value).toBe(0);
});

test("starting one transport pauses the other", () => {
  const other = new Transport(() => context as unknown as PlaybackContext);
  other.setTrack("c", clipOf(5));
  transport.play();
  other.play();
  expect([transport.isPlaying.value, other.isPlaying.value]).toEqual([false, true]);
  other.pause();
});

test("nothing plays where there is no track", () => {
  const empty = new Transport(() => context as unknown as PlaybackContext);
  empty.play();
  empty.hear("a");
  expect(empty.isPlaying.value).toBe(false);
  expect(context.started).toHaveLength(0);
});

test("a part is played again and again, by all tracks from the same moment, and the position runs round in it", () => {
  transport.setLoop({ start: 2, end: 4 });
  expect(transport.position.value).toBe(2); // it was outside
  transport.play("a");
  expect(context.sounding.map(({ offset, loop }) => [offset, loop])).toEqual([
    [2, [2, 4]],
    [2, [2, 4]],
  ]);
  expect(new Set(context.sounding.map(({ when }) => when)).size).toBe(1);
  passTo(1.03);
  expect(transport.position.value).toBeCloseTo(3, 6);
  passTo(5.53);
  expect(transport.position.value).toBeCloseTo(3.5, 6);
  transport.hear("b");
  expect(context.sounding).toHaveLength(2); // nothing started anew: no gap
  expect(transport.isPlaying.value).toBe(true);
});

test("a part that is chosen or given up while it plays is followed at once", () => {
  transport.play("a");
  passTo(1.03);
  transport.setLoop({ start: 5, end: 6 });
  expect(transport.isPlaying.value).toBe(true);
  expect(context.sounding.map(({ offset }) => offset)).toEqual([5, 5]);
  transport.setLoop(undefined);
  expect(context.sounding.map(({ loop }) => loop)).toEqual([undefined, undefined]);
  expect(transport.isPlaying.value).toBe(true);
});

test("a part ends where the shortest track does, so that they stay in step; a track that comes later joins in", () => {
  transport.setLoop({ start: 6, end: 9 });
  transport.play("a");
  expect(context.sounding.map(({ loop }) => loop)).toEqual([
    [6, 8],
    [6, 8],
  ]);
  passTo(3.03);
  expect(transport.position.value).toBeCloseTo(7, 6);
  transport.setTrack("c", clipOf(9));
  const joined = context.sounding.at(-1)!;
  expect([joined.offset, joined.loop]).toEqual([expect.closeTo(7, 6), [6, 8]]);
});

test("who seeks in a part goes on in it; who starts outside begins with it", () => {
  transport.setLoop({ start: 2, end: 4 });
  transport.play("a");
  transport.seek(3);
  expect(context.sounding.map(({ offset }) => offset)).toEqual([3, 3]);
  transport.pause();
  transport.seek(7);
  transport.play();
  expect(context.sounding.map(({ offset }) => offset)).toEqual([2, 2]);
});
