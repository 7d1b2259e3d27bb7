/** Someone without the key sends to an end that talks. */
import { openCodec } from "@twelvehz/codec/node";
import { Call, parseLayout } from "@twelvehz/transport";
import { udpCall } from "@twelvehz/transport/node";
import { expect, it } from "vitest";

const [PEER, STRANGER] = ["peer", "stranger"].map((host) => ({ host, port: 1 }));
const FRAMES = 60;
/** docs/packets.md, "Hello". */
const [HELLO_BYTES, HELLO_MARKER] = [46, 0xf1];

it("a listener sends nothing to a stranger while it looks at what comes from there", async () => {
  const codec = await openCodec("compact");
  const common = { codec, secret: new Uint8Array(16), rate: { layout: parseLayout("16") } };
  let toListener: (datagram: Uint8Array, from: typeof PEER) => void = () => undefined;
  const fromListener: { readonly datagram: Uint8Array; readonly host: string }[] = [];
  const dialer = await Call.open({ ...common, role: "dialer", send: (datagram) => toListener(datagram, PEER) });
  let stop = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  async function* speech(): AsyncGenerator<Float32Array> {
    for (let i = 0; i < FRAMES; i++) {
      for (let n = 0; n < 50; n++) toListener(new Uint8Array(HELLO_BYTES).fill(n).fill(HELLO_MARKER, 0, 1), STRANGER);
      yield new Float32Array(codec.info.samplesPerFrame);
    }
    stop();
  }
  const call = udpCall({
    ...common,
    listen: PEER,
    microphone: speech(),
    speaker: () => undefined,
    timeoutSeconds: 3600,
    carrier(onDatagram) {
      toListener = onDatagram;
      return { address: PEER, send: (datagram, { host }) => void fromListener.push({ datagram, host }), close: () => undefined };
    },
  });
  await dialer.tick(0);
  while (!dialer.isReady) {
    for (const { datagram } of fromListener.splice(0)) await dialer.arrive(datagram, 0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await stopped;
  await dialer.hangUp();
  const hosts = new Set<string>();
  let nowMs = 0;
  let isOver = false;
  const over = call.then(() => (isOver = true));
  while (!isOver) {
    for (const { datagram, host } of fromListener.splice(0)) {
      hosts.add(host);
      await dialer.arrive(datagram, nowMs);
    }
    await dialer.tick((nowMs += 80));
    await dialer.play(nowMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await over;
  expect([...hosts]).toEqual(["peer"]);
  await Promise.all([dialer.close(), codec.close()]);
});
