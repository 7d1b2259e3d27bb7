/** A call of the command through a room whose server says no in the middle. */
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { openCodec } from "@twelvehz/codec/node";
import { parseLayout } from "@twelvehz/transport";
import { roomCall } from "@twelvehz/transport/node";
import { expect, it } from "vitest";
import { WebSocketServer } from "ws";

/** docs/packets.md, "Hello". */
const HELLO_MARKER = 0xf1;
const MESSAGE = "Cannot hand on over 64 MB in a room: open a new one";

async function* nothing(): AsyncGenerator<Float32Array> {}

it("a call that has no other way ends with what the server said when it closed the room", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.send(JSON.stringify({ type: "room", role: "dialer", peer: "0123456789abcdef" }));
    socket.on("message", (data: Buffer) => {
      if (data[0] !== HELLO_MARKER) return;
      socket.send(JSON.stringify({ type: "error", code: "policy", message: MESSAGE }));
      socket.close(1008);
    });
  });
  const codec = await openCodec("compact");
  const call = roomCall({
    page: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    secret: new Uint8Array(16),
    codec,
    rate: { layout: parseLayout("16") },
    microphone: nothing(),
    speaker: () => undefined,
    timeoutSeconds: 2,
  });
  await expect(call).rejects.toThrow(MESSAGE);
  await codec.close();
  server.close();
});
