import { spawn } from "node:child_process";
import type { AddressInfo } from "node:net";
import { CodecError, type CodecErrorCode, messageOf } from "@twelvehz/codec/node";
import { createServer, LOOPBACK_NAMES, type Server } from "@twelvehz/server";

/** Options of `twelvehz serve`. */
export interface ServeCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly hostName?: readonly string[] | undefined;
  readonly model?: string | undefined;
  readonly maxSeconds: number;
  readonly maxMegabytes: number;
  readonly maxRequestSeconds: number;
  readonly open?: boolean | undefined;
}

/** Addresses that only this machine reaches. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** `twelvehz serve`: the page and the interface over HTTP, until a signal ends it. */
export async function serveCommand(options: ServeCommandOptions, signal: AbortSignal): Promise<void> {
  const stopped = stopSignal(signal);
  const server = createServer({
    model: options.model,
    limits: { maxSeconds: options.maxSeconds, maxBytes: options.maxMegabytes * 1e6, requestSeconds: options.maxRequestSeconds },
    hostNames: hostNamesOf(options),
    onFault: (error) => process.stderr.write(`twelvehz: ${messageOf(error)}\n`),
  });
  try {
    await server.app.listen({ port: options.port, host: options.host }).catch((error: unknown) => {
      throw listenError(error, options);
    });
    const url = urlOf(server, options.host);
    process.stdout.write(`twelvehz: ${url}\n`);
    if (options.open) openBrowser(url);
    await Promise.race([stopped, server.models.ready.then(() => stopped)]); // a model that cannot be opened ends the command
  } finally {
    await server.app.close();
  }
}

/** Names that the server answers to: those that were given beside those of this machine; else, where other machines may reach it, any. */
function hostNamesOf({ host, hostName }: ServeCommandOptions): readonly string[] | "any" {
  if (hostName) return [...LOOPBACK_NAMES, ...hostName.map((name) => name.toLowerCase())];
  return LOOPBACK.test(host) ? LOOPBACK_NAMES : "any";
}

/** Settles at Ctrl-C and at SIGTERM: requests in progress are ended first, so the signal must not end the process at once. A second one does. */
function stopSignal(signal: AbortSignal): Promise<void> {
  const listeners = process.listeners("SIGTERM");
  process.removeAllListeners("SIGTERM");
  return new Promise((resolve) => {
    process.once("SIGTERM", () => {
      for (const listener of listeners) process.on("SIGTERM", listener);
      resolve();
    });
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function urlOf({ app }: Server, host: string): string {
  const { port } = app.server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return `http://${name === "0.0.0.0" || name === "[::]" ? "localhost" : name}:${port}`;
}

/** Why a port cannot be had, and what to do. */
const LISTEN_PROBLEMS: Readonly<Record<string, readonly [code: CodecErrorCode, why: string]>> = {
  EADDRINUSE: ["io", "something listens there already; stop it, or choose another port with --port (0 = any that is free)"],
  EACCES: ["no-permission", "the system does not allow it; choose a port from 1024 on with --port"],
  EADDRNOTAVAIL: ["usage", "this machine has no such address; give --host 127.0.0.1, or 0.0.0.0 for all"],
  ENOTFOUND: ["usage", "there is no such host; give --host 127.0.0.1, or 0.0.0.0 for all"],
};

function listenError(error: unknown, { host, port }: ServeCommandOptions): CodecError {
  const [code, why] = LISTEN_PROBLEMS[(error as NodeJS.ErrnoException).code ?? ""] ?? ["io", messageOf(error)];
  return new CodecError(code, `Cannot listen on ${host}:${port}: ${why}`, { cause: error });
}

/** Opens the page with what the system has for it; the address is on the screen where it has nothing. */
function openBrowser(url: string): void {
  const [program, ...args] =
    process.platform === "darwin" ? ["open"] : process.platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"];
  spawn(program, [...args, url], { stdio: "ignore", detached: true })
    .on("error", () => process.stderr.write(`twelvehz: no browser was found; open ${url}\n`))
    .unref();
}
