import { Codes, DEFAULT_SPEC } from "@twelvehz/codec";
import { describe, expect, it } from "vitest";
import { EPOCH_FRAMES } from "./epoch-keys.ts";
import { parseLayout } from "../packets/layout.ts";
import { newLinkKey, parseLinkKey } from "./link-key.ts";
import { writePayload } from "../packets/payload.ts";
import { writeRtpHeader } from "../packets/rtp.ts";
import { type LinkEvent, SecureLink, type SecureLinkOptions } from "./secure-link.ts";

const spec = { ...DEFAULT_SPEC, model: { name: "demo", id: "ab".repeat(16) } };
const secret = new Uint8Array(16).fill(7);
const payload = writePayload(parseLayout("16+8@1"), new Codes(new Int16Array(32).fill(5), 16, spec), false);

function open(role: "dialer" | "listener", options: Partial<SecureLinkOptions> = {}): Promise<SecureLink> {
  return SecureLink.open({ role, secret, spec, ...options });
}

/** Passes hellos on until nobody answers. */
async function greet(dialer: SecureLink, listener: SecureLink): Promise<void> {
  let [to, from] = [listener, dialer];
  for (let bytes: Uint8Array | undefined = await dialer.hello(); bytes; [to, from] = [from, to]) {
    const event: LinkEvent = await to.take(bytes);
    bytes = "answer" in event ? event.answer : undefined;
  }
}

async function pair(options: Partial<SecureLinkOptions> = {}): Promise<[dialer: SecureLink, listener: SecureLink]> {
  const ends = [await open("dialer", options), await open("listener")] as [SecureLink, SecureLink];
  await greet(...ends);
  return ends;
}

function reasonOf(event: LinkEvent): string {
  return event.kind === "refused" ? event.reason : event.kind;
}

describe("a secure link", () => {
  it.each([1, 2, 3, 4, 5])("carries codes and control messages both ways in suite %i, which the dialer chooses", async (suite) => {
    const [dialer, listener] = await pair({ suite });
    expect([dialer.isReady, listener.isReady]).toEqual([true, true]);
    expect([dialer.suite, listener.suite]).toEqual([suite, suite]);
    for (const [from, to] of [
      [dialer, listener],
      [listener, dialer],
    ] as const) {
      expect(await to.take(await from.sealCodes(0, payload))).toMatchObject({ kind: "codes", frame: 0, payload: { pauseFollows: false } });
      expect(await to.take(await from.sealCodes(300, payload))).toMatchObject({ kind: "codes", frame: 300 });
      expect(await to.take(await from.sealControl({ kind: "bye", frames: 9 }))).toEqual({
        kind: "control",
        message: { kind: "bye", frames: 9 },
      });
    }
  });

  it("adds 10 or 11 bytes to a packet with tags of 8 bytes", async () => {
    const [dialer] = await pair();
    expect((await dialer.sealCodes(8, payload)).length - payload.length).toBe(10);
    expect((await dialer.sealCodes(300, payload)).length - payload.length).toBe(11);
  });

  it("takes packets in RTP as well", async () => {
    const [dialer, listener] = await pair();
    const header = writeRtpHeader({ sequence: 70_000, timestamp: 5e9, source: 1, marker: true });
    expect(await listener.take(Uint8Array.of(...header, ...(await dialer.sealCodes(4, payload))))).toMatchObject({
      kind: "codes",
      frame: 4,
    });
  });

  it("is ready at the listener by the first packet when the last hello was lost", async () => {
    const [dialer, listener] = [await open("dialer"), await open("listener")];
    const answer = (await listener.take(await dialer.hello())) as LinkEvent & { kind: "hello" };
    await dialer.take(answer.answer as Uint8Array);
    expect([dialer.isReady, listener.isReady]).toEqual([true, false]);
    expect(reasonOf(await listener.take(await dialer.sealCodes(0, payload)))).toBe("codes");
    expect(listener.isReady).toBe(true);
  });

  it("follows a dialer that calls again by its first packet when the last hello was lost", async () => {
    const [before, listener] = await pair();
    const again = await open("dialer");
    const answer = (await listener.take(await again.hello())) as LinkEvent & { kind: "hello" };
    await again.take(answer.answer as Uint8Array);
    expect(reasonOf(await listener.take(await before.sealCodes(0, payload)))).toBe("codes"); // a hello alone may be a recording
    expect(reasonOf(await listener.take(await again.sealControl({ kind: "bye", frames: 1 })))).toBe("control");
    expect(reasonOf(await listener.take(await again.sealCodes(0, payload)))).toBe("codes");
    expect(reasonOf(await listener.take(await before.sealCodes(1, payload)))).toBe("wrong-key");
    expect(reasonOf(await again.take(await listener.sealCodes(0, payload)))).toBe("codes");
  });

  it("refuses what was received before, was changed, is sent back, or is of another call", async () => {
    const [dialer, listener] = await pair();
    const [other] = await pair();
    const packet = await dialer.sealCodes(40, payload);
    expect(reasonOf(await listener.take(packet))).toBe("codes");
    expect(reasonOf(await listener.take(packet))).toBe("replay");
    const fresh = await dialer.sealCodes(41, payload);
    fresh[fresh.length - 1] ^= 1;
    expect(reasonOf(await listener.take(fresh))).toBe("wrong-key");
    expect(reasonOf(await dialer.take(await dialer.sealCodes(42, payload)))).toBe("wrong-key");
    expect(reasonOf(await listener.take(await other.sealCodes(43, payload)))).toBe("wrong-key");
    const bye = await dialer.sealControl({ kind: "bye", frames: 1 });
    expect([reasonOf(await listener.take(bye)), reasonOf(await listener.take(bye))]).toEqual(["control", "replay"]);
  });

  it("says which key, which model, and that both ends may not have the same role", async () => {
    const listener = await open("listener");
    const stranger = await open("dialer", { secret: new Uint8Array(16) });
    const foreign = await open("dialer", { spec: { ...spec, model: { name: "other", id: "cd".repeat(16) } } });
    const wrongKey = await listener.take(await stranger.hello());
    expect(wrongKey).toMatchObject({ reason: "wrong-key", error: { message: expect.stringContaining("another key") } });
    const atListener = (await listener.take(await foreign.hello())) as LinkEvent & { kind: "refused" };
    expect(atListener).toMatchObject({
      reason: "other-model",
      error: { code: "model-mismatch", message: expect.stringContaining('"demo"') },
    });
    expect(reasonOf(await foreign.take(atListener.answer as Uint8Array))).toBe("other-model");
    expect(reasonOf(await listener.take(await (await open("listener")).hello()))).toBe("not-a-packet");
    expect(listener.isReady).toBe(false);
  });

  it("does not take a recording of an old call for a new one", async () => {
    const listener = await open("listener");
    const recorded: Uint8Array[] = [];
    const call = async (frame: number): Promise<void> => {
      const dialer = await open("dialer");
      const first = await dialer.hello();
      const answer = (await listener.take(first)) as LinkEvent & { kind: "hello" };
      const confirm = (await dialer.take(answer.answer as Uint8Array)) as LinkEvent & { kind: "hello" };
      const packet = await dialer.sealCodes(frame, payload);
      for (const bytes of [confirm.answer as Uint8Array, packet]) expect(reasonOf(await listener.take(bytes))).not.toBe("refused");
      recorded.push(first, confirm.answer as Uint8Array, packet);
    };
    await call(50);
    await call(0);
    const reasons: string[] = [];
    for (const bytes of recorded.slice(0, 3)) reasons.push(reasonOf(await listener.take(bytes)));
    expect(reasons).toEqual(["hello", "hello", "wrong-key"]);
  });

  it("changes its key every 65536 frames, and takes late packets of the key before", async () => {
    const [dialer, listener] = await pair();
    const last = await dialer.sealCodes(EPOCH_FRAMES - 1, payload);
    const first = await dialer.sealCodes(EPOCH_FRAMES, payload);
    expect(first[0] >> 4).toBe(1);
    expect(await listener.take(first)).toMatchObject({ kind: "codes", frame: EPOCH_FRAMES });
    expect(await listener.take(last)).toMatchObject({ kind: "codes", frame: EPOCH_FRAMES - 1 });
    for (let epoch = 2; epoch < 7; epoch++) {
      const packet = await dialer.sealCodes(epoch * EPOCH_FRAMES + 5, payload);
      expect(await listener.take(packet)).toMatchObject({ kind: "codes", frame: epoch * EPOCH_FRAMES + 5 });
    }
    await expect(dialer.sealCodes(5, payload)).rejects.toThrow("frames in order");
    expect(reasonOf(await listener.take(first))).toBe("replay");
  });

  it("sends nothing before it is ready", async () => {
    const dialer = await open("dialer");
    await expect(dialer.sealCodes(0, payload)).rejects.toThrow("wait until the link is ready");
    await expect(dialer.sealControl({ kind: "bye", frames: 0 })).rejects.toThrow("wait until the link is ready");
    expect(reasonOf(await dialer.take(Uint8Array.of(0, 1, 2)))).toBe("no-hello");
  });

  it("lives through 10 000 packets of noise and damaged packets, and takes none of them", async () => {
    const [dialer, listener] = await pair();
    const genuine = [await dialer.hello(), await dialer.sealCodes(1, payload), await dialer.sealControl({ kind: "bye", frames: 1 })];
    let state = 1;
    const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    for (let i = 0; i < 10_000; i++) {
      const bytes = Uint8Array.from(i % 4 === 3 ? { length: random(120) } : genuine[i % 4], (byte) =>
        typeof byte === "number" ? byte : random(256),
      );
      if (bytes.length > 0) bytes[random(bytes.length)] ^= 1 + random(255);
      const event = await listener.take(i % 5 === 4 ? bytes.subarray(0, random(bytes.length + 1)) : bytes);
      expect(event.kind).toBe("refused");
    }
    expect(reasonOf(await listener.take(genuine[1]))).toBe("codes");
  });
});

describe("a key of a link", () => {
  it("is 16 random bytes as 22 characters", () => {
    const [a, b] = [newLinkKey(), newLinkKey()];
    expect(a).not.toBe(b);
    expect([a.length, parseLinkKey(a).length]).toEqual([22, 16]);
  });

  it.each([
    ["", "base64url"],
    ["short1", "4 bytes"],
    ["with space in it, long", "base64url"],
    ["A".repeat(100), "75 bytes"],
    ["AAAAA", "base64url"],
  ])("%j is refused without being repeated", (text, reason) => {
    expect(() => parseLinkKey(text)).toThrow(expect.objectContaining({ code: "usage", message: expect.stringContaining(reason) }));
    if (text) expect(() => parseLinkKey(text)).not.toThrow(text);
  });
});
