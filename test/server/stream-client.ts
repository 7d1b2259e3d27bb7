/** A client of the streams that does only what it is told, for tests. */
import { WebSocket } from "ws";
import { type ClientMessage, type ReadyMessage, type ServerMessage, SUBPROTOCOL } from "@twelvehz/server";
import type { Serving } from "./serving.ts";

/** What came: a binary message, a text message, or the end of the connection. */
export type Came = Uint8Array | ServerMessage | { readonly type: "close"; readonly code: number };

/** One connection. */
export class StreamClient {
  readonly socket: WebSocket;
  /** Everything that has come so far. */
  readonly came: Came[] = [];
  #read = 0;
  #wake: () => void = () => undefined;

  constructor(
    server: Pick<Serving, "url">,
    kind: "encode" | "decode",
    headers: Record<string, string> = {},
    protocols: readonly string[] = [SUBPROTOCOL],
  ) {
    this.socket = new WebSocket(`${server.url.replace("http", "ws")}/v1/stream/${kind}`, [...protocols], { headers });
    this.socket.on("message", (data: Buffer, binary) =>
      this.#add(binary ? new Uint8Array(data) : (JSON.parse(data.toString()) as ServerMessage)),
    );
    this.socket.on("close", (code) => this.#add({ type: "close", code }));
    this.socket.on("error", () => undefined);
  }

  /** Connects and starts. */
  static async start(
    server: Pick<Serving, "url">,
    kind: "encode" | "decode",
    start: object = {},
  ): Promise<{ client: StreamClient; ready: ReadyMessage }> {
    const client = new StreamClient(server, kind);
    await client.opened();
    client.send({ type: "start", ...start } as ClientMessage);
    return { client, ready: (await client.next("ready")) as ReadyMessage };
  }

  /** Waits for the connection; gives the HTTP status where there is none. */
  opened(): Promise<number> {
    return new Promise((resolve) => {
      this.socket.on("open", () => resolve(101));
      this.socket.on("unexpected-response", (_request, answer) => resolve(answer.resume().statusCode ?? 0));
    });
  }

  send(message: ClientMessage | Uint8Array | string): void {
    this.socket.send(message instanceof Uint8Array || typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The next thing that comes, or the next of a type. */
  async next(type?: string): Promise<Came> {
    for (;;) {
      while (this.#read < this.came.length) {
        const found = this.came[this.#read++];
        if (type === undefined || ("type" in found && found.type === type)) return found;
        if ("type" in found && found.type === "close")
          throw new Error(`closed with ${found.code} before "${type}": ${JSON.stringify(this.came.at(-2))}`);
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Waits for the end of the connection: its close code. */
  async closed(): Promise<number> {
    return ((await this.next("close")) as { readonly code: number }).code;
  }

  /** All payload that has come, in one. */
  get payload(): Uint8Array {
    return Buffer.concat(this.came.filter((one) => one instanceof Uint8Array));
  }

  #add(one: Came): void {
    this.came.push(one);
    this.#wake();
  }
}
