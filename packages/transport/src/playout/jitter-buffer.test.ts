import { Codes, DEFAULT_SPEC } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { inLongForm } from "@twelvehz/test-support/long-form.ts";
import { JitterBuffer, type JitterBufferOptions, type PulledFrame } from "./jitter-buffer.ts";
import { parseLayout } from "../packets/layout.ts";
import { Packetizer } from "../packets/packetizer.ts";
import { readPayload } from "../packets/payload.ts";
import { type LinkConditions, LinkSimulator } from "../sim/link-simulator.ts";

const FRAME_MS = 80;

interface Run extends LinkConditions {
  readonly frames: number;
  readonly layout?: string;
  readonly options?: JitterBufferOptions;
  /** By how much the listener's clock is faster, parts of 1. */
  readonly drift?: number;
  readonly isQuiet?: (frame: number) => boolean;
  readonly seed?: number;
  /** Number of the first frame, and of the first that is sent. */
  readonly joinsAt?: number;
}

/** Code of a frame that tells its number. */
const codeOf = (frame: number): number => frame % 2048;

/**
 * A call in simulated time: who speaks, a link, who listens. Gives what was played, and the buffer.
 */
function call({ frames, layout = "16+8@1+4@2+4@3", options, drift = 0, isQuiet = () => false, seed, joinsAt = 0, ...link }: Run): {
  played: PulledFrame[];
  buffer: JitterBuffer;
  mostBuffered: number;
} {
  const buffer = new JitterBuffer(DEFAULT_SPEC, options);
  const packetizer = new Packetizer(DEFAULT_SPEC, parseLayout(layout));
  const simulator = new LinkSimulator(link, seed);
  const arriving: { atMs: number; frame: number; payload: Uint8Array }[] = [];
  const played: PulledFrame[] = [];
  let mostBuffered = 0;
  for (let n = 0; n < frames; n++) {
    const codes = new Codes(new Int16Array(16).fill(codeOf(n)), 16);
    for (const packet of packetizer.push(codes, isQuiet(n))) {
      const out = n < joinsAt ? [] : simulator.send(packet.payload, (n + 1) * FRAME_MS);
      arriving.push(...out.map(({ atMs }) => ({ atMs, ...packet })));
    }
    const nowMs = (n + 1) * FRAME_MS * (1 + drift); // the listener's clock, by which it plays
    arriving.sort((a, b) => a.atMs - b.atMs);
    while (arriving.length > 0 && arriving[0].atMs * (1 + drift) <= nowMs) {
      const { atMs, frame, payload } = arriving.shift() as (typeof arriving)[number];
      buffer.push(frame, readPayload(payload, DEFAULT_SPEC), atMs * (1 + drift));
    }
    played.push(...pulls(buffer, n, drift));
    mostBuffered = Math.max(mostBuffered, buffer.buffered);
  }
  return { played, buffer, mostBuffered };
}

/**
 * The loudspeaker asks once in each frame of its own clock: with drift, now and then not, or twice.
 */
function pulls(buffer: JitterBuffer, n: number, drift: number): PulledFrame[] {
  const [before, after] = [n, n + 1].map((frames) => Math.floor(frames * (1 + drift)));
  return Array.from({ length: after - before }, (_, i) => buffer.pull((before + i + 1) * FRAME_MS + 1)).filter(
    (pulled) => pulled !== undefined,
  );
}

function numbersOf(played: readonly PulledFrame[]): number[] {
  return played.flatMap((pulled) => (pulled.kind === "held" ? [] : [pulled.frame]));
}

describe("a jitter buffer", () => {
  it("plays every frame once and in order on a link that does nothing, one frame after its time", () => {
    const { played, buffer } = call({ frames: 100 });
    expect(numbersOf(played)).toEqual(Array.from({ length: played.length }, (_, i) => i));
    expect(played.length).toBe(99);
    for (const pulled of played) expect(pulled).toMatchObject({ kind: "codes", isWhole: true });
    expect(buffer.figures).toMatchObject({ loss: 0, lost: 0, partial: 0, held: 0, skipped: 0 });
    expect(buffer.figures.delayMs).toBeLessThanOrEqual(FRAME_MS + 1);
  });

  it("gives the codes that were sent: whole frames, and the first layers of those whose packet was lost", () => {
    const { played } = call({ frames: 2000, loss: 0.2 });
    for (const pulled of played) {
      if (pulled.kind !== "codes") continue;
      expect([4, 8, 16]).toContain(pulled.codes.length);
      expect(pulled.isWhole).toBe(pulled.codes.length === 16);
      expect(new Set(pulled.codes)).toEqual(new Set([codeOf(pulled.frame)]));
    }
  });

  it("loses nearly nothing at 20 % loss, by waiting as many packets as the copies reach", () => {
    const { buffer } = call({ frames: 5000, loss: 0.2 });
    const { whole, partial, lost, delayMs } = buffer.figures;
    expect(whole / 5000).toBeCloseTo(0.8, 1);
    expect(lost / 5000).toBeLessThan(0.01);
    expect(partial).toBeGreaterThan(800);
    expect(delayMs).toBeLessThan(5 * FRAME_MS);
  });

  it("loses about half of what it would in bursts where the copies are further apart, and waits for them", () => {
    const [near, far] = ["16+8@1+4@2+1@3", "16+8@2+4@4+1@6"].map(
      (layout) => call({ frames: 10_000, loss: 0.2, burst: 2.5, layout }).buffer.figures,
    );
    expect(near.lost / 10_000).toBeGreaterThan(0.035);
    expect(far.lost / near.lost).toBeLessThan(0.6);
    expect(far.delayMs).toBeLessThan(8 * FRAME_MS);
  });

  it("takes packets that come too late for jitter, not for loss: copies would not mend it", () => {
    const buffer = new JitterBuffer(DEFAULT_SPEC);
    const packetizer = new Packetizer(DEFAULT_SPEC, parseLayout("16+16@2+8@4+4@6"));
    const late: ((atMs: number) => void)[] = [];
    for (let n = 0; n < 180; n++) {
      const [{ payload }] = packetizer.push(new Codes(new Int16Array(16).fill(codeOf(n)), 16));
      late.push((atMs) => buffer.push(n, readPayload(payload, DEFAULT_SPEC), atMs));
      if (n < 150 || n > 153) for (const come of late.splice(0)) come((n + 1) * FRAME_MS);
      buffer.pull((n + 1) * FRAME_MS + 25);
    }
    expect(buffer.figures).toMatchObject({ loss: 0, longest: 0 });
    expect(buffer.figures.lost).toBeGreaterThan(0);
    expect(buffer.figures.targetMs).toBeLessThan(FRAME_MS);
  });

  it.each([25, 45, 70, 150])("hears again after three packets when all of them come %i ms later than before", (laterMs) => {
    const buffer = new JitterBuffer(DEFAULT_SPEC);
    const packetizer = new Packetizer(DEFAULT_SPEC, parseLayout("16"));
    const coming = Array.from({ length: 500 }, (_, n) => {
      const [{ payload }] = packetizer.push(new Codes(new Int16Array(16).fill(codeOf(n)), 16));
      return { atMs: (n + 1) * FRAME_MS + (n < 100 ? 0 : laterMs), n, payload };
    });
    for (let n = 0; n < 500; n++) {
      const nowMs = (n + 1) * FRAME_MS + 21;
      while (coming.length > 0 && coming[0].atMs <= nowMs) {
        const { n: frame, payload, atMs } = coming.shift() as (typeof coming)[number];
        buffer.push(frame, readPayload(payload, DEFAULT_SPEC), atMs);
      }
      buffer.pull(nowMs);
    }
    const { lost, held, delayMs } = buffer.figures;
    expect(lost).toBeLessThanOrEqual(3 + Math.ceil(laterMs / FRAME_MS) + 1);
    expect(held).toBeGreaterThanOrEqual(1);
    expect(delayMs).toBeLessThan(2 * FRAME_MS);
  });

  it.each([8, 20, 60])("hears again after some packets when the sender stood still for %i frames", (stood) => {
    const buffer = new JitterBuffer(DEFAULT_SPEC);
    const packetizer = new Packetizer(DEFAULT_SPEC, parseLayout("16"));
    for (let n = 0; n < 200; n++) {
      const isStill = n >= 100 && n < 100 + stood;
      const nowMs = (n + 1) * FRAME_MS;
      for (const { frame, payload } of isStill ? [] : packetizer.push(new Codes(new Int16Array(16), 16)))
        buffer.push(frame, readPayload(payload, DEFAULT_SPEC), nowMs);
      buffer.pull(nowMs + 21);
    }
    const { whole, delayMs } = buffer.figures;
    expect(200 - stood - whole).toBeLessThanOrEqual(4); // three that came late, and one that waits
    expect(delayMs).toBeLessThan(2 * FRAME_MS);
  });

  it("plays a stretch that came late all at once no later for that", () => {
    const buffer = new JitterBuffer(DEFAULT_SPEC);
    const packetizer = new Packetizer(DEFAULT_SPEC, parseLayout("16"));
    const held: { readonly frame: number; readonly payload: Uint8Array }[] = [];
    for (let n = 0; n < 200; n++) {
      const nowMs = (n + 1) * FRAME_MS;
      held.push(...packetizer.push(new Codes(new Int16Array(16), 16)));
      if (n < 100 || n >= 110)
        for (const { frame, payload } of held.splice(0)) buffer.push(frame, readPayload(payload, DEFAULT_SPEC), nowMs);
      buffer.pull(nowMs + 21);
    }
    expect(buffer.figures.whole).toBe(200 - 10);
    expect(buffer.figures.held).toBe(0);
  });

  it("waits no longer than it needs: back within five seconds after a time of loss", () => {
    const bad = call({ frames: 200, loss: 0.3 });
    expect(bad.buffer.figures.targetMs).toBeGreaterThan(3 * FRAME_MS);
    const good = call({ frames: 200, loss: 0 });
    expect(good.buffer.figures.targetMs).toBeLessThan(FRAME_MS);
    const buffer = bad.buffer;
    for (let n = 200; n < 200 + 5000 / FRAME_MS; n++) {
      const [packet] = new Packetizer(DEFAULT_SPEC, parseLayout("16+8@1+4@2+4@3")).push(new Codes(new Int16Array(16), 16));
      buffer.push(n, readPayload(packet.payload, DEFAULT_SPEC), (n + 1) * FRAME_MS);
      buffer.pull((n + 1) * FRAME_MS + 1);
    }
    expect(buffer.figures.targetMs).toBeLessThan(FRAME_MS);
    expect(buffer.figures.delayMs).toBeLessThanOrEqual(2 * FRAME_MS);
  });

  it.each([
    ["jitter of 60 ms", { jitterMs: 60 }],
    ["jitter of 200 ms", { jitterMs: 200 }],
    ["packets that overtake each other", { reorder: 0.1 }],
    ["packets that come twice", { duplicate: 0.5 }],
    ["all of it", { jitterMs: 40, reorder: 0.05, duplicate: 0.2, delayMs: 300 }],
  ])("loses nearly nothing by %s, and no frame is heard twice", (_, link) => {
    const { played, buffer } = call({ frames: 3000, ...link });
    const { lost, partial } = buffer.figures;
    expect((lost + partial) / 3000).toBeLessThan(0.12);
    expect(lost / 3000).toBeLessThan(0.05); // those that are later than 95 of 100
    const numbers = numbersOf(played);
    expect(numbers.every((n, i) => i === 0 || n > numbers[i - 1])).toBe(true);
  });

  it.each(["2x16+16@1+8@2", "4x8+8@1", "16"])("works with the layout %s", (layout) => {
    const { buffer } = call({ frames: 1000, layout, loss: 0.02 });
    expect(buffer.figures.whole / 1000).toBeGreaterThan(0.9);
  });

  /** An hour of a clock that drifts by 1e-4, or as far in a quarter of it. */
  const [frames, most] = inLongForm ? [45_000, 1e-4] : [11_250, 4e-4];

  it.each([most, -most])("keeps its delay and its memory though a clock drifts by %f for long, with jitter and loss", (drift) => {
    const { buffer, mostBuffered } = call({ frames, drift, jitterMs: 20, loss: 0.05, layout: "16+8@1" });
    const { delayMs, held, skipped, lost } = buffer.figures;
    expect(delayMs).toBeLessThan(6 * FRAME_MS);
    expect(mostBuffered).toBeLessThan(12);
    expect(drift > 0 ? held : skipped).toBeGreaterThanOrEqual(4); // all of them drift by four and a half
    expect(lost / frames).toBeLessThan(0.02);
  });

  it("begins where a late joiner comes in", () => {
    const { played, buffer } = call({ frames: 200, joinsAt: 120 });
    expect(numbersOf(played)[0]).toBe(120);
    expect(buffer.figures.lost).toBe(0);
  });

  it("takes pauses without packets as silence, not as loss, and gives background in them", () => {
    const { played, buffer } = call({ frames: 400, isQuiet: (n) => n >= 100 && n < 300, loss: 0.1 });
    const { paused, lost, loss } = buffer.figures;
    expect(paused).toBeGreaterThan(120);
    expect([lost <= 3, loss < 0.3]).toEqual([true, true]);
    const pauses = played.filter((pulled) => pulled.kind === "pause");
    expect(pauses.every(({ codes, frame }) => codes !== undefined && codes[0] !== codeOf(frame))).toBe(true);
  });

  it("follows a sender whose numbers jump, forwards or back", () => {
    const buffer = new JitterBuffer(DEFAULT_SPEC);
    const packet = (frame: number): void =>
      buffer.push(
        frame,
        { layout: parseLayout("16"), pauseFollows: false, parts: [{ offset: 0, codes: new Int16Array(16) }] },
        time * FRAME_MS,
      );
    let time = 0;
    const play = (first: number, count: number): number[] =>
      numbersOf(
        Array.from({ length: count }, (_, i) => {
          packet(first + i);
          time++;
          return buffer.pull(time * FRAME_MS);
        }).filter((pulled) => pulled !== undefined),
      );
    expect(play(0, 10).at(-1)).toBe(9);
    expect(play(5000, 10).at(-1)).toBe(5009);
    expect(play(20, 40).at(-1)).toBe(59);
  });

  it("gives nothing before the first packet", () => {
    expect(new JitterBuffer(DEFAULT_SPEC).pull(0)).toBeUndefined();
  });
});
