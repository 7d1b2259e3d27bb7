import { spawn } from "node:child_process";
import { appendFile, readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { CodecError, type CodecErrorCode, type DeviceOptions, messageOf } from "@twelvehz/codec/node";
import type { Server, TraceApi } from "@twelvehz/server";
import type { Signals } from "../signals.ts";
import type { Command } from "@commander-js/extra-typings";
import { decoderWeightsOption, deviceOption, examples, modelOption, wholeNumber } from "../options.ts";
import { limitOptions, limitsOf } from "../serve-limits.ts";
import { keepHeapSmall } from "../small-heap.ts";

/** Options of `twelvehz serve`, but those of limits. */
interface ServeCommandOptions extends DeviceOptions {
  readonly port: number;
  readonly host: string;
  readonly hostName?: readonly string[] | undefined;
  readonly model?: string | undefined;
  readonly engines?: number | undefined;
  readonly trustProxy?: readonly string[] | undefined;
  readonly keys?: string | undefined;
  readonly newKey?: string | undefined;
  readonly withoutKeys?: boolean | undefined;
  readonly allowOrigin?: readonly string[] | undefined;
  readonly log?: boolean | undefined;
  readonly traces?: boolean | undefined;
  readonly open?: boolean | undefined;
}

/** Addresses that only this machine reaches. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** Adds `twelvehz serve`. */
export function addServe(program: Command, signals: Signals): void {
  const command = program
    .command("serve")
    .summary("the page, and speech to codes and back over HTTP")
    .description("Serves the page, where a file dropped is coded and heard, and POST /v1/encode and /v1/decode. Ctrl-C ends it.")
    .option("-p, --port <n>", "port, 0 to 65535; 0 = any that is free", wholeNumber(0, 65_535), 7860)
    .option("--host <address>", "address to listen on; 0.0.0.0 = reachable from other machines, which wants --keys", "127.0.0.1")
    .option("--host-name <name...>", "answer to these names too, such as that of a proxy in front; without port")
    .option(
      "--trust-proxy <network...>",
      "believe these proxies in X-Forwarded-For, by which limits of an address count: such as loopback or 10.0.0.0/8; else all clients of a proxy share one",
    )
    .addOption(modelOption)
    .addOption(deviceOption)
    .addOption(decoderWeightsOption)
    .option(
      "--engines <n>",
      "processes that compute; default: one for each processor, or for two where a stream wants two; one with a graphics card",
      wholeNumber(1, 64),
    )
    .option("--keys <file>", "want a key of this file for /v1/ and /metrics; it is read again when it changes")
    .option("--new-key <name>", "make a key, show it once, add it to the file of --keys, and end")
    .option("--without-keys", "let everyone in who reaches a --host that is not this machine alone")
    .option("--allow-origin <site...>", "pages of these sites may send requests, such as https://app.example.org")
    .option("--log", "a line of JSON on the standard error for every answer; without bodies, codes and keys")
    .option("--traces", "spans of requests and streams to OpenTelemetry, where NODE_OPTIONS loads its SDK")
    .option("--open", "open the page in the browser")
    .addHelpText(
      "after",
      examples(
        "twelvehz serve --open\ntwelvehz serve --port 8080 --model ./my-model\ntwelvehz serve --host-name codec.example.org --trust-proxy loopback",
      ),
    )
    .action((options) => serveCommand(options, signals));
  for (const option of limitOptions()) command.addOption(option);
}

/** `twelvehz serve`: the page and the interface over HTTP, until a signal ends it. */
async function serveCommand(options: ServeCommandOptions, signals: Signals): Promise<void> {
  const { createServer, jsonLog, LOOPBACK_NAMES, newKey } = await import("@twelvehz/server"); // the HTTP library would make every command start later
  if (options.newKey !== undefined) return addKey(options.newKey, options, newKey);
  assertClosed(options);
  keepHeapSmall();
  const stopped = new Promise<void>((resolve) => signals.cancelled.addEventListener("abort", () => resolve(), { once: true }));
  signals.drainOnTerminate();
  const server = createServer({
    model: options.model,
    device: options.device,
    decoderWeights: options.decoderWeights,
    engines: options.engines ?? "auto",
    limits: limitsOf(options),
    keysFile: options.keys,
    origins: options.allowOrigin,
    log: options.log ? jsonLog() : undefined,
    openTelemetry: options.traces ? await traceApi() : undefined,
    trustedProxies: options.trustProxy,
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

/** @throws CodecError `usage` where the package is not installed */
async function traceApi(): Promise<TraceApi> {
  return import("@opentelemetry/api").catch((error: unknown) => {
    throw new CodecError("usage", "Cannot make traces: the package @opentelemetry/api is not there; install it beside twelvehz", {
      cause: error,
    });
  });
}

/**
 * Other machines may reach the server only where they need a key, or it was said that they need
 * none.
 */
function assertClosed({ host, keys, withoutKeys }: ServeCommandOptions): void {
  if (LOOPBACK.test(host) || keys !== undefined || withoutKeys) return;
  throw new CodecError(
    "usage",
    `Cannot listen on ${host}: other machines could use the server without a key; give --keys FILE (make one with --new-key NAME), or --without-keys`,
  );
}

/** Adds a key to the file, which only its owner may read, and shows it. */
async function addKey(
  name: string,
  { keys }: ServeCommandOptions,
  newKey: (name: string, text: string) => { key: string; line: string },
): Promise<void> {
  if (keys === undefined) throw new CodecError("usage", "Cannot make a key: give the file with --keys FILE");
  const failed = (error: unknown): never => {
    throw new CodecError("io", `Cannot write "${keys}": ${messageOf(error)}; choose another file with --keys`, { cause: error });
  };
  const text = await readFile(keys, "utf8").catch((error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? "" : failed(error)));
  const { key, line } = newKey(name, text);
  const gap = text === "" || text.endsWith("\n") ? "" : "\n"; // a last line without an end
  await appendFile(keys, `${gap}${line}\n`, { mode: 0o600 }).catch(failed);
  process.stdout.write(`${key}\n`);
}

/**
 * Names that the server answers to: those that were given beside those of this machine; else, where
 * other machines may reach it, any.
 */
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

/**
 * Opens the page with what the system has for it; the address is on the screen where it has
 * nothing.
 */
function openBrowser(url: string): void {
  const [program, ...args] =
    process.platform === "darwin" ? ["open"] : process.platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"];
  spawn(program, [...args, url], { stdio: "ignore", detached: true })
    .on("error", () => process.stderr.write(`twelvehz: no browser was found; open ${url}\n`))
    .unref();
}
