/**
 * Both ends of a call in one process, over a simulated link, in simulated time: what is said is
 * heard, whatever the link and forgers do.
 */
import { Audio, type Codec, openCodec } from "@twelvehz/codec/node";
import { Call, type CallOptions, type LinkConditions, LinkSimulator, parseLayout } from "@twelvehz/transport";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goldenClip } from "../support/golden.ts";

const FRAME_MS = 80;
/** docs/packets.md, "Hello". */
const HELLO_BYTES = 46;
const secret = new Uint8Array(16).fill(9);
let codec: Codec;
let clip: Audio;

beforeAll(async () => {
  codec = await openCodec("compact");
  clip = goldenClip(); // 30 frames
});
afterAll(() => codec.close());

interface Scene {
  readonly link?: LinkConditions;
  readonly rate?: CallOptions["rate"];
  readonly options?: Partial<CallOptions>;
  /** Silence before the clip, frames. */
  readonly pauseFrames?: number;
  /** Called with every datagram that goes to the listener; what it gives arrives too, first. */
  readonly forge?: (datagram: Uint8Array) => Uint8Array[];
}

/** The dialer says the clip, the listener hears it. */
async function speak({
  link = {},
  rate = { layout: parseLayout("16+8@1+4@2+4@3") },
  options,
  pauseFrames = 0,
  forge = () => [],
}: Scene): Promise<{
  heard: Float32Array;
  dialer: Call;
  listener: Call;
}> {
  const wire: { atMs: number; to: Call; datagram: Uint8Array }[] = [];
  let nowMs = 0;
  const carrier = (seed: number, to: () => Call, forged: (datagram: Uint8Array) => Uint8Array[]) => {
    const simulator = new LinkSimulator(link, seed);
    return (datagram: Uint8Array): void => {
      for (const fake of forged(datagram)) wire.push({ atMs: nowMs, to: to(), datagram: fake });
      for (const { atMs } of simulator.send(datagram, nowMs)) wire.push({ atMs, to: to(), datagram });
    };
  };
  const common = { codec, secret, rate, ...options };
  let salt = 0;
  const newSalt = (): Uint8Array => new Uint8Array(8).fill(++salt);
  const dialer: Call = await Call.open({ ...common, newSalt, role: "dialer", send: carrier(11, () => listener, forge) });
  const listener: Call = await Call.open({
    ...common,
    newSalt,
    role: "listener",
    send: carrier(
      12,
      () => dialer,
      () => [],
    ),
  });
  const heard: Float32Array[] = [];
  const said = [new Float32Array(pauseFrames * codec.info.samplesPerFrame), clip.samples];
  const samples = new Float32Array(said.reduce((sum, part) => sum + part.length, 0));
  samples.set(clip.samples, said[0].length);
  for (let at = 0; !(dialer.isOver && listener.isOver); nowMs += FRAME_MS) {
    if (nowMs > 120_000) throw new Error("the call does not end");
    wire.sort((a, b) => a.atMs - b.atMs);
    while (wire.length > 0 && wire[0].atMs <= nowMs) {
      const { to, datagram, atMs } = wire.shift() as (typeof wire)[number];
      await to.arrive(datagram, atMs);
    }
    for (const end of [dialer, listener]) await end.tick(nowMs);
    if (dialer.isReady && at < samples.length) {
      await dialer.speak(samples.subarray(at, at + codec.info.samplesPerFrame));
      at += codec.info.samplesPerFrame;
    } else if (dialer.isReady) await dialer.hangUp();
    if (listener.isReady) heard.push(await listener.play(nowMs));
    if (dialer.isReady) await dialer.play(nowMs);
    if (listener.hasHeardAll) await listener.hangUp();
  }
  heard.push(await listener.flush());
  await Promise.all([dialer.close(), listener.close()]);
  const out = new Float32Array(heard.reduce((sum, part) => sum + part.length, 0));
  heard.reduce((position, part) => (out.set(part, position), position + part.length), 0);
  return { heard: out, dialer, listener };
}

describe("a call in simulated time", () => {
  it("is heard as the codec sounds where the link does nothing", async () => {
    const { heard, listener } = await speak({});
    const decoded = await codec.decode(await codec.encode(clip));
    expect(heard.length).toBe(30 * codec.info.samplesPerFrame);
    expect(heard.subarray(0, decoded.samples.length)).toEqual(decoded.samples);
    expect(listener.figures).toMatchObject({ whole: 30, partial: 0, lost: 0, held: 0, refused: {} });
  });

  it.each([
    ["20 % loss", { loss: 0.2 }],
    ["20 % loss, jitter, packets twice and out of order", { loss: 0.2, jitterMs: 30, delayMs: 200, duplicate: 0.2, reorder: 0.1 }],
  ])("is understood at %s, and ends", async (_, link) => {
    const { heard, dialer, listener } = await speak({ link });
    const { whole, partial, lost } = listener.figures;
    expect(whole + partial).toBeGreaterThan(24);
    expect(lost).toBeLessThanOrEqual(3);
    expect(heard.length).toBeGreaterThanOrEqual(28 * codec.info.samplesPerFrame);
    expect(Math.max(...heard)).toBeGreaterThan(Math.max(...clip.samples) / 3);
    expect(dialer.figures.sentFrames).toBe(30);
  });

  it("makes no sound of forged packets: what is heard is the same, to the bit", async () => {
    let state = 5;
    const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    const forge = (datagram: Uint8Array): Uint8Array[] => {
      const changed = Uint8Array.from(datagram);
      changed[random(changed.length)] ^= 1 + random(255);
      return [changed, datagram.slice(0, random(datagram.length)), Uint8Array.from({ length: random(100) }, () => random(256))];
    };
    const [alone, attacked] = [await speak({ link: { loss: 0.2 } }), await speak({ link: { loss: 0.2 }, forge })];
    expect(attacked.heard).toEqual(alone.heard);
    expect(attacked.listener.figures.refused["wrong-key"]).toBeGreaterThan(20);
  });

  it("keeps its rate, and asks for copies once the other end has reported loss", async () => {
    const { dialer } = await speak({ link: { loss: 0.3 }, rate: { kbps: 8 }, pauseFrames: 40 });
    expect(dialer.figures.peerReport?.loss).toBeGreaterThan(0.1);
    expect(dialer.figures.layout).not.toBe("16");
    expect(dialer.figures.kilobitsPerSecond).toBeLessThanOrEqual(8);
  });

  it("fits its packets to the carrier and the cipher suite that are in use", async () => {
    const ends: Call[] = [];
    const open = (role: "dialer" | "listener", suite: number): Promise<Call> =>
      Call.open({ codec, secret, role, suite, rate: { kbps: 8 }, carrierBytes: 50, send: (datagram) => sent.push({ role, datagram }) });
    const sent: { readonly role: string; readonly datagram: Uint8Array }[] = [];
    ends.push(await open("dialer", 3), await open("listener", 2));
    const layouts = (): string[] => ends.map((end) => end.figures.layout);
    expect(layouts()).toEqual(["16", "2x16"]); // tags of 4 bytes: 80 bytes a packet; of 8, 84
    await ends[0].tick(0);
    for (let next = sent.shift(); next; next = sent.shift()) await ends[next.role === "dialer" ? 1 : 0].arrive(next.datagram, 0);
    expect(layouts()).toEqual(["16", "16"]); // the dialer's suite is used
    for (const end of ends) end.setCarrierBytes(78);
    expect(layouts()).toEqual(["2x16", "2x16"]);
    for (const end of ends) await end.close();
  });

  it("does not count a hello that nobody confirms as heard: it may be a recording", async () => {
    const sent: Uint8Array[] = [];
    const open = (role: "dialer" | "listener"): Promise<Call> =>
      Call.open({ codec, secret, role, rate: { kbps: 8 }, send: (datagram) => void sent.push(datagram) });
    const [dialer, listener] = [await open("dialer"), await open("listener")];
    await dialer.tick(0);
    await listener.arrive(sent.splice(0)[0], 0);
    expect(listener.heardMs).toBeUndefined();
    await dialer.arrive(sent.splice(0)[0], 10);
    await listener.arrive(sent.splice(0)[0], 20);
    expect([dialer.heardMs, listener.heardMs]).toEqual([10, 20]);
    await Promise.all([dialer.close(), listener.close()]);
  });

  it("sends copies within a second of the first loss, and does not wait for the next report in turn", async () => {
    const sizes: number[] = [];
    const forge = ({ length }: Uint8Array): Uint8Array[] => {
      if (length !== HELLO_BYTES) sizes.push(length);
      return [];
    };
    await speak({ link: { loss: 0.3 }, rate: { kbps: 8 }, forge });
    const alone = 1 + 22 + 11; // first byte of the payload, 16 codes, encryption
    expect(Math.max(...sizes.slice(0, 3))).toBeLessThanOrEqual(alone);
    expect(Math.max(...sizes.slice(0, 16))).toBeGreaterThan(alone);
  });

  it("sends next to nothing in a pause, and the other end hears no loss in it", async () => {
    const { dialer, listener } = await speak({ options: { pauses: true }, pauseFrames: 60 });
    expect(listener.figures.receivedPackets).toBeLessThan(30 + 30);
    expect(listener.figures).toMatchObject({ lost: 0 });
    expect(listener.figures.paused).toBeGreaterThan(20);
    expect(dialer.figures.sentFrames).toBe(90);
  });
});

it.each([false, true])("a dialer that calls again is heard from its first frame on, where the one before hung up: %s", async (hangsUp) => {
  const wire: { readonly to: Call; readonly datagram: Uint8Array }[] = [];
  const common = { codec, secret, rate: { layout: parseLayout("16") } };
  const heardOf: number[] = [];
  let dialer: Call;
  const listener: Call = await Call.open({ ...common, role: "listener", send: (datagram) => void wire.push({ to: dialer, datagram }) });
  let nowMs = 0;
  for (const frames of [60, 20]) {
    dialer = await Call.open({ ...common, role: "dialer", send: (datagram) => void wire.push({ to: listener, datagram }) });
    const before = listener.figures.whole;
    let said = 0;
    for (const endMs = nowMs + (frames + 10) * FRAME_MS; nowMs < endMs; nowMs += FRAME_MS) {
      await dialer.tick(nowMs);
      for (let next = wire.shift(); next; next = wire.shift()) await next.to.arrive(next.datagram, nowMs);
      if (said++ < frames) await dialer.speak(clip.samples.subarray(0, codec.info.samplesPerFrame));
      else if (hangsUp) await dialer.hangUp();
      for (let next = wire.shift(); next; next = wire.shift()) await next.to.arrive(next.datagram, nowMs);
      await listener.play(nowMs);
    }
    heardOf.push(listener.figures.whole - before);
    await dialer.close();
  }
  await listener.close();
  expect(heardOf).toEqual([60, 20]);
});

interface HeardCall {
  readonly samples: number;
  readonly overMs: number;
  readonly lost: number;
  readonly held: number;
  readonly skipped: number;
}

/**
 * What a listener hears who asks every 10 ms when a frame is due.
 * @param lateMs by how much a packet of the dialer is late, by its number
 */
async function hearLate(timeScales: boolean, lateMs: (packet: number) => number): Promise<HeardCall> {
  const wire: { readonly atMs: number; readonly to: Call; readonly datagram: Uint8Array }[] = [];
  let [nowMs, packets, samples] = [0, 0, 0];
  const common = { codec, secret, rate: { layout: parseLayout("16") } };
  const dialer: Call = await Call.open({
    ...common,
    role: "dialer",
    send: (datagram) => void wire.push({ atMs: nowMs + (dialer.isReady ? lateMs(packets++) : 0), to: listener, datagram }),
  });
  const listener: Call = await Call.open({
    ...common,
    role: "listener",
    timeScales,
    send: (datagram) => void wire.push({ atMs: nowMs, to: dialer, datagram }),
  });
  let playMs: number | undefined;
  for (let at = 0; at < clip.samples.length; nowMs += 10) {
    for (let i = 0; i < wire.length; i++) {
      if (wire[i].atMs > nowMs) continue;
      const [{ to, datagram }] = wire.splice(i--, 1);
      await to.arrive(datagram, nowMs);
    }
    await dialer.tick(nowMs);
    if (dialer.isReady && nowMs % FRAME_MS === 0) {
      await dialer.speak(clip.samples.subarray(at, at + codec.info.samplesPerFrame));
      at += codec.info.samplesPerFrame;
    }
    if (!listener.isReady || nowMs < (playMs ?? 0)) continue;
    const heard = await listener.play(nowMs);
    samples += heard.length;
    if (heard.length > 0) playMs = (playMs ?? nowMs) + listener.frameMs;
  }
  const { delayMs, targetMs, lost, held, skipped } = listener.figures;
  await Promise.all([dialer.close(), listener.close()]);
  return { samples, overMs: delayMs - targetMs, lost, held, skipped };
}

it("a call whose first packet was late is on time again within two seconds, by frames that are shortened", async () => {
  const [as, shorter] = await Promise.all([false, true].map((scales) => hearLate(scales, (packet) => (packet < 2 ? 60 : 0))));
  expect(as).toMatchObject({ lost: 0, skipped: 0 });
  expect(shorter).toMatchObject({ lost: 0, skipped: 0 });
  expect(as.overMs).toBeGreaterThan(40);
  expect(shorter.overMs).toBeLessThan(20);
  expect(as.samples - shorter.samples).toBeGreaterThan(0.02 * codec.info.sampleRate);
});

it("a call in which packets begin to come late by turns hears them all again soon, by frames that are lengthened", async () => {
  const jitterMs = (packet: number): number => (packet > 8 && packet % 2 === 0 ? 38 : 0);
  const [as, longer] = await Promise.all([false, true].map((scales) => hearLate(scales, jitterMs)));
  expect(as.lost).toBeGreaterThan(5);
  expect(longer.lost).toBeLessThanOrEqual(2);
  expect(longer).toMatchObject({ held: 0, skipped: 0 });
  expect(longer.samples).toBeGreaterThan(as.samples);
});
