import type { Clock } from "@twelvehz/codec/internal";
import type { WebSocket } from "ws";

/**
 * Pings a socket until it is told to stop. An end that is gone without a word answers none, and is
 * cut off; proxies keep a socket open on which there is some traffic.
 * @returns how to stop
 */
export function keepPinging(socket: WebSocket, clock: Clock, seconds: number): () => void {
  let unanswered = 0;
  let cancel = (): void => undefined;
  socket.on("pong", () => (unanswered = 0));
  const ping = (): void => {
    cancel = clock.after(seconds * 1000, () => {
      if (++unanswered > 2) return socket.terminate();
      socket.ping();
      ping();
    });
  };
  ping();
  return () => cancel();
}
