/** A server on a free port, for tests. */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type ServerOptions } from "@twelvehz/server";

/** A server that listens. */
export interface Serving extends Server {
  /** Without a slash at the end. */
  readonly url: string;
}

/** Starts a server with the compact model. The caller closes `app`, which does not wait for clients unless `limits` say so. */
export async function serve(options: ServerOptions = {}): Promise<Serving> {
  const server = createServer({ model: "compact", ...options, limits: { closeSeconds: 0, ...options.limits } });
  await server.app.listen({ port: 0, host: "127.0.0.1" });
  return { ...server, url: `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}` };
}

/** A log for {@link serve} that keeps the fields of what is told at the level "info". */
export function keptLog(): { readonly log: NonNullable<ServerOptions["log"]>; readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const log = {
    ...console,
    fatal: () => undefined,
    silent: () => undefined,
    level: "info",
    child: () => log,
    info: (fields: object) => void lines.push({ ...fields }),
  };
  return { log: log as never, lines };
}

/** The address that the command prints when it listens. */
export async function printedUrl(child: ChildProcessWithoutNullStreams): Promise<string> {
  let text = "";
  for await (const piece of child.stdout) {
    text += String(piece);
    const found = /^twelvehz: (http:\/\/\S+)\n/.exec(text);
    if (found) return found[1];
  }
  throw new Error(`The command ended without an address: ${text}`);
}
