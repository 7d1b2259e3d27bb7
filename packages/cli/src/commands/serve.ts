import { spawn } from "node:child_process";
import type { AddressInfo } from "node:net";
import { CodecError, type CodecErrorCode, messageOf } from "@twelvehz/codec/node";
import type { Server } from "@twelvehz/server";
import { DEFAULT_LIMITS } from "@twelvehz/server/limits";
import type { Signals } from "../signals.ts";
import type { Command } from "@commander-js/extra-typings";
import { examples, modelOption, wholeNumber } from "../options.ts";

/** Options of `twelvehz serve`. */
interface ServeCommandOptions {
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

/** Adds `twelvehz serve`. */
export function addServe(program: Command, signals: Signals): void {
  program
    .command("serve")
    .summary("the page, and speech to codes and back over HTTP")
    .description("Serves the page, where a file dropped is coded and heard, and POST /v1/encode and /v1/decode. Ctrl-C ends it.")
    .option("-p, --port <n>", "port, 0 to 65535; 0 = any that is free", wholeNumber(0, 65_535), 7860)
    .option("--host <address>", "address to listen on; 0.0.0.0 = reachable from other machines, by everyone", "127.0.0.1")
    .option("--host-name <name...>", "answer to these names too, such as that of a proxy in front; without port")
    .addOption(modelOption)
    .option("--max-seconds <n>", "longest sound in a request", wholeNumber(1, 43_200), DEFAULT_LIMITS.maxSeconds)
    .option("--max-megabytes <n>", "largest request", wholeNumber(1, 4096), DEFAULT_LIMITS.maxBytes / 1e6)
    .option("--max-request-seconds <n>", "longest time from a request to its answer", wholeNumber(1, 86_400), DEFAULT_LIMITS.requestSeconds)
    .option("--open", "open the page in the browser")
    .addHelpText(
      "after",
      examples("twelvehz serve --open\ntwelvehz serve --port 8080 --model ./my-model\ntwelvehz serve --host-name codec.example.org"),
    )
    .action((options) => serveCommand(options, signals));
}

/** `twelvehz serve`: the page and the interface over HTTP, until a signal ends it. */
async function serveCommand(options: ServeCommandOptions, signals: Signals): Promise<void> {
  const { createServer, LOOPBACK_NAMES } = await import("@twelvehz/server"); // the HTTP library would make every command start later
  const stopped = new Promise<void>((resolve) => signals.cancelled.addEventListener("abort", () => resolve(), { once: true }));
  signals.drainOnTerminate();
  const server = createServer({
    model: options.model,
    limits: { maxSeconds: options.maxSeconds, maxBytes: options.maxMegabytes * 1e6, requestSeconds: options.maxRequestSeconds },
    hostNames: hostNamesOf(options, LOOPBACK_NAMES),
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
function hostNamesOf({ host, hostName }: ServeCommandOptions, loopback: readonly string[]): readonly string[] | "any" {
  if (hostName) return [...loopback, ...hostName.map((name) => name.toLowerCase())];
  return LOOPBACK.test(host) ? loopback : "any";
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
