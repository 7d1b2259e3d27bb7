import { Codes, type Codec, CodecError, DEFAULT_SPEC, type ModelInfo, specOf } from "@twelvehz/codec";
import { parseLinkKey } from "@twelvehz/transport";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CallView } from "./call-view.ts";
import { PageCall } from "./page-call.ts";

const KEY = "AAAAAAAAAAAAAAAAAAAAAA";
const PAGE = "http://localhost/";
const FRAME = 1920;
const INFO = {
  name: "toy",
  id: "ab".repeat(16),
  sampleRate: 24_000,
  frameRate: 12.5,
  samplesPerFrame: FRAME,
  layers: DEFAULT_SPEC.layers,
  codebookSize: DEFAULT_SPEC.codebookSize,
  decodeDelaySamples: 0,
  traits: { attention: false },
} as unknown as ModelInfo;

/** A codec of tones. @param flush what the end of its encoder does */
function toyCodec(flush: () => Promise<Codes> = async () => Codes.empty(specOf(INFO))): Codec {
  const sound = async (): Promise<Float32Array> => new Float32Array(FRAME).fill(0.1);
  const none = async (): Promise<void> => undefined;
  const encoder = { sampleCount: 1, close: none, flush, push: async ({ length }: Float32Array) => zeros(length / FRAME) };
  const decoder = { close: none, setLayers: none, push: sound, conceal: sound, flush: async () => new Float32Array(0) };
  return { info: INFO, prepare: none, openEncodeStream: () => encoder, openDecodeStream: () => decoder } as unknown as Codec;
}

function zeros(frames: number): Codes {
  return new Codes(new Int16Array(frames * INFO.layers), INFO.layers, specOf(INFO));
}

/** Parts of the audio thread: what is captured is given to the last node that was made. */
class FakeNode {
  readonly port = { onmessage: null as ((event: { data: unknown }) => void) | null, postMessage: () => undefined };
  readonly name: unknown;

  constructor(context: { readonly nodes: FakeNode[] }, name: unknown) {
    this.name = name;
    context.nodes.push(this);
  }
  connect(): void {}
  disconnect(): void {}
  start(): void {}
}

/** The room of a server, as packages/server has it: who comes first listens. */
class FakeRoom {
  members: (FakeSocket | undefined)[] = [];
  isAway = false;

  tell(): void {
    this.members.forEach((member, i) => {
      const peer = this.members[1 - i]?.name ?? null;
      member?.hear(JSON.stringify({ type: "room", role: i === 0 ? "listener" : "dialer", peer }));
    });
  }

  enter(socket: FakeSocket): void {
    const free = this.members[0] === undefined ? 0 : 1;
    this.members[free] = socket;
    this.tell();
  }

  leave(socket: FakeSocket): void {
    this.members = this.members.map((member) => (member === socket ? undefined : member));
    this.tell();
  }

  /** Closes all connections. */
  close(code: number, message = ""): void {
    const closed = this.members;
    this.members = [];
    for (const member of closed) {
      member?.hear(JSON.stringify({ type: "error", message }));
      queueMicrotask(() => member?.onclose?.({ code }));
    }
  }
}

class FakeSocket {
  readonly name: string;
  readonly bufferedAmount = 0;
  bytes = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(url: string) {
    this.name = new URL(url).searchParams.get("member") ?? "";
    queueMicrotask(() => {
      if (room.isAway) return this.onclose?.({ code: 1006 });
      this.onopen?.();
      room.enter(this);
    });
  }
  hear(data: unknown): void {
    queueMicrotask(() => this.onmessage?.({ data }));
  }
  send(data: Uint8Array): void {
    this.bytes += data.length;
    const other = room.members[1 - room.members.indexOf(this)];
    if (room.members.includes(this)) other?.hear(data.slice().buffer);
  }
  close(): void {
    room.leave(this);
  }
}

/** A connection of WebRTC, which is there when the other one has answered the newest offer. */
class FakeConnection {
  static readonly all: FakeConnection[] = [];
  readonly channel = {
    readyState: "connecting",
    bufferedAmount: 0,
    onmessage: null as ((event: { data: ArrayBuffer }) => void) | null,
    send: (data: Uint8Array<ArrayBuffer>) => this.other?.channel.onmessage?.({ data: data.slice().buffer }),
  };
  connectionState = "new";
  localDescription: { readonly type: string; readonly sdp: string } | undefined;
  other: FakeConnection | undefined;
  onconnectionstatechange: (() => void) | null = null;

  constructor() {
    FakeConnection.all.push(this);
  }
  createDataChannel = (): unknown => this.channel;
  createOffer = async (): Promise<unknown> => ({ type: "offer", sdp: String(FakeConnection.all.indexOf(this)) });
  createAnswer = async (): Promise<unknown> => ({ type: "answer", sdp: String(FakeConnection.all.indexOf(this)) });
  async setLocalDescription(description: { readonly type: string; readonly sdp: string }): Promise<void> {
    this.localDescription = description;
  }
  async setRemoteDescription({ type, sdp }: { readonly type: string; readonly sdp: string }): Promise<void> {
    this.other = FakeConnection.all[Number(sdp)];
    if (type !== "answer") return;
    for (const end of [this, this.other]) end.turn("connected");
  }
  turn(state: string): void {
    this.connectionState = state;
    this.channel.readyState = state === "connected" ? "open" : "connecting";
    this.onconnectionstatechange?.();
  }
  getStats = async (): Promise<unknown> => new Map();
  close(): void {}
}

interface Caller {
  readonly call: PageCall;
  readonly views: CallView[];
  readonly failures: unknown[];
  /** The microphone hears a frame. */
  hear(): void;
}

let room: FakeRoom;

beforeEach(() => {
  room = new FakeRoom();
  FakeConnection.all.length = 0;
  for (const [name, value] of Object.entries({ WebSocket: FakeSocket, AudioWorkletNode: FakeNode, ConstantSourceNode: FakeNode }))
    vi.stubGlobal(name, value);
});
afterEach(() => void vi.unstubAllGlobals());

async function enter(codec = toyCodec(), key = KEY): Promise<Caller> {
  const nodes: FakeNode[] = [];
  const context = { nodes, sampleRate: INFO.sampleRate, destination: {}, audioWorklet: { addModule: async () => undefined } };
  const [views, failures]: [CallView[], unknown[]] = [[], []];
  const call = await PageCall.start({
    codec,
    context: context as unknown as AudioContext,
    microphone: undefined,
    secret: parseLinkKey(key),
    page: PAGE,
    kbps: 16,
    onView: (view) => void views.push(view),
    onFailure: (error) => void failures.push(error),
  });
  const port = nodes.find(({ name }) => name === "twelvehz-capture")?.port;
  let endFrame = 0;
  const hear = (): void => port?.onmessage?.({ data: { samples: new Float32Array(FRAME).fill(0.1), endFrame: (endFrame += FRAME) } });
  return { call, views, failures, hear };
}

/** Lets frames be said until something is so. @throws Error where it never is */
async function until(callers: readonly Caller[], isSo: () => boolean, frames = 300): Promise<void> {
  for (let frame = 0; !isSo(); frame++) {
    if (frame === frames)
      throw new Error(
        `It did not come about in ${frames} frames: ${JSON.stringify(callers.map(last))} ${callers.flatMap(({ failures }) => failures).join()}`,
      );
    for (const { hear } of callers) hear();
    for (let i = 0; i < 16; i++) await crypto.subtle.digest("SHA-256", new Uint8Array(8)); // what was to be sealed is
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const last = ({ views }: Caller): CallView | undefined => views.at(-1);
const heard = (caller: Caller): number => last(caller)?.figures?.receivedPackets ?? 0;

/** Two who talk, the first of whom listens. */
async function talking(codec?: Codec): Promise<[Caller, Caller]> {
  const first = await enter(codec);
  await until([first], () => last(first)?.phase === "alone");
  const second = await enter();
  const both: [Caller, Caller] = [first, second];
  await until(both, () => both.every((caller) => last(caller)?.phase === "talking" && heard(caller) > 5));
  return both;
}

/** Both hear more than so far. */
async function goOn(both: readonly Caller[]): Promise<void> {
  const before = both.map(heard);
  await until(both, () => both.every((caller, i) => heard(caller) > before[i] + 5));
}

describe("a call of a page", () => {
  it("goes on when the server was started anew and gives out the roles the other way round", async () => {
    const [first, second] = await talking();
    room.close(1001);
    await until([second], () => room.members.length === 1);
    await until([first, second], () => room.members.length === 2);
    await goOn([first, second]);
    await Promise.all([first, second].map(({ call }) => call.stop()));
  });

  it("goes on by its direct way when the room is closed for good, and ends with the server's words when that is gone", async () => {
    vi.stubGlobal("RTCPeerConnection", FakeConnection);
    const both = await talking();
    await until(both, () => both.every((caller) => last(caller)?.way === "channel"));
    room.close(4408, "Cannot keep the room: nothing was said in it");
    await goOn(both);
    expect(both.map(({ failures }) => failures)).toEqual([[], []]);
    expect(last(both[0])?.troubles).toContain("no-room");
    for (const connection of FakeConnection.all) connection.turn("failed");
    await until(both, () => both.every(({ failures }) => failures.length > 0));
    expect(both.flatMap(({ failures }) => failures).map(String)).toEqual(
      Array(2).fill(expect.stringContaining("Cannot keep the room: nothing was said in it")),
    );
  });

  it("finds a direct way again that failed while the room was away", async () => {
    vi.stubGlobal("RTCPeerConnection", FakeConnection);
    const both = await talking();
    await until(both, () => both.every((caller) => last(caller)?.way === "channel"));
    room.isAway = true;
    room.close(1006);
    for (const connection of FakeConnection.all) connection.turn("failed");
    await until(both, () => both.every((caller) => last(caller)?.way === "room"));
    room.isAway = false;
    await until(both, () => both.every((caller) => last(caller)?.way === "channel"));
    expect(FakeConnection.all.length).toBe(2);
    await Promise.all(both.map(({ call }) => call.stop()));
  });

  it("says bye some times to one who has hung up, not for ever", async () => {
    const [first, second] = await talking();
    await second.call.stop();
    await until([first], () => last(first)?.phase === "left");
    const socket = room.members[0];
    for (const most of [100, 0]) {
      const before = socket?.bytes ?? 0;
      let frames = 0;
      await until([first], () => ++frames > 40);
      expect((socket?.bytes ?? 0) - before).toBeLessThanOrEqual(most);
    }
    await first.call.stop();
  });

  it("leaves the room when its codec fails at the end", async () => {
    const both = await talking(toyCodec(() => Promise.reject(new CodecError("runtime", "Cannot encode"))));
    await both[0].call.stop();
    expect(room.members[0]).toBeUndefined();
    await both[1].call.stop();
  });

  it("does not speak of another key any more once keys are agreed on", async () => {
    const first = await enter();
    await until([first], () => last(first)?.phase === "alone");
    const second = await enter();
    await until([second], () => room.members.length === 2);
    const stranger = Uint8Array.from({ length: 46 }, (_, i) => (i === 0 ? 0xf1 : 7));
    for (let i = 0; i < 4; i++) room.members[0]?.hear(stranger.buffer);
    await until([first, second], () => last(first)?.phase === "talking");
    expect(last(first)?.troubles).toEqual(["no-microphone", "no-direct"]);
    await Promise.all([first, second].map(({ call }) => call.stop()));
  });
});
