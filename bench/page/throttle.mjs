/** A link that is slow: a relay that lets so many bytes a second through to the browser. */
import { connect, createServer } from "node:net";

/** Bytes are let through in steps of so many milliseconds. */
const STEP_MS = 10;

/**
 * Opens a relay before a server. All connections share the link.
 * @param port of the server, on this machine
 * @param bytesPerSecond of the link, headers of HTTP counted
 */
export async function slowLink(port, bytesPerSecond) {
  const waiting = [];
  let sentBytes = 0;
  let allowance = 0;
  let before = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    allowance = Math.min(allowance + (bytesPerSecond * (now - before)) / 1000, bytesPerSecond / 10); // what was not used is lost
    before = now;
    while (waiting.length > 0 && allowance > 0) send(waiting.shift());
  }, STEP_MS);
  function send({ client, piece }) {
    const part = piece.subarray(0, Math.floor(allowance) + 1);
    allowance -= part.length;
    sentBytes += part.length;
    if (!client.destroyed) client.write(part);
    if (part.length < piece.length) waiting.push({ client, piece: piece.subarray(part.length) });
    else client.emit("sent");
  }
  const relay = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    client.pipe(server);
    server.on("data", (piece) => {
      server.pause(); // one piece of a connection at a time: the link holds nothing back for later
      client.once("sent", () => server.resume());
      waiting.push({ client, piece });
    });
    server.on("end", () => client.end());
    for (const socket of [client, server]) socket.on("error", () => (client.destroy(), server.destroy()));
    client.on("close", () => server.destroy());
  });
  await new Promise((done) => relay.listen(0, "127.0.0.1", done));
  return {
    port: relay.address().port,
    sentBytes: () => sentBytes,
    close() {
      clearInterval(timer);
      relay.close();
    },
  };
}
