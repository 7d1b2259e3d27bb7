import type { SignalSeal } from "@twelvehz/transport";
import { afterEach, expect, it, vi } from "vitest";
import { DirectPath } from "./direct-path.ts";

afterEach(() => void vi.unstubAllGlobals());

it("tells signals in their order, however long each takes to seal", async () => {
  const channel = {};
  const connection = {
    localDescription: { type: "offer", sdp: "long" },
    createDataChannel: () => channel,
    createOffer: async () => connection.localDescription,
    setLocalDescription: async () => undefined,
    onicecandidate: undefined as ((event: unknown) => void) | undefined,
  };
  vi.stubGlobal("RTCPeerConnection", function () {
    return connection;
  });
  const sealing: { readonly text: string; readonly done: (bytes: Uint8Array) => void }[] = [];
  const seal = { seal: (text: string) => new Promise((done) => sealing.push({ text, done })) } as unknown as SignalSeal;
  const told: string[] = [];
  const signal = (bytes: Uint8Array): void => void told.push(new TextDecoder().decode(bytes));
  const onDatagram = (): void => undefined;
  DirectPath.open({ role: "dialer", seal, context: {} as AudioContext, stun: undefined, signal, onDatagram, onForged: onDatagram });
  await turns();
  connection.onicecandidate?.({ candidate: { toJSON: () => ({ candidate: "short" }) } });
  for (let i = 0; i < 2; i++) {
    await turns();
    for (const { text, done } of sealing.splice(0).reverse()) {
      done(new TextEncoder().encode(text));
      await turns();
    }
  }
  expect(told).toEqual([expect.stringContaining("long"), expect.stringContaining("short")]);
});

/** Lets all that waits for nothing but its turn go on. */
async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
