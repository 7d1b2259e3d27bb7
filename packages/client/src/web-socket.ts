/**
 * What is needed of a WebSocket: that of a page, of Node from version 22 on, and of the package
 * `ws` have it.
 */
export interface WebSocketLike {
  binaryType: string;
  send(data: string | Uint8Array): void;
  close(code?: number): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: never }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
}

/** Its constructor. */
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;
