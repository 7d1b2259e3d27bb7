import { LINK_PROFILES, type LinkConditions, parseUdpAddress, udpAddressText, UdpProxy } from "@twelvehz/transport/node";
import { CodecError } from "@twelvehz/codec/node";

/** Options of `twelvehz call proxy`. */
export interface ProxyCommandOptions {
  readonly to: string;
  readonly port: number;
  readonly host: string;
  readonly loss: number;
  readonly burst?: number | undefined;
  readonly delay: number;
  readonly jitter: number;
  readonly reorder: number;
  readonly duplicate: number;
  readonly rate?: number | undefined;
  readonly profile?: "nb-iot" | "lora" | undefined;
  readonly seed: number;
}

/** `twelvehz call proxy`: a bad link, until Ctrl-C. */
export async function proxyCommand(options: ProxyCommandOptions, signal: AbortSignal): Promise<void> {
  const listen = { host: options.host, port: options.port };
  const proxy = await UdpProxy.open({
    listen,
    to: parseUdpAddress(options.to),
    conditions: conditionsOf(options),
    seed: options.seed,
  }).catch((error: unknown) => {
    throw error instanceof RangeError ? new CodecError("usage", error.message, { cause: error }) : error;
  });
  process.stderr.write(`twelvehz: listening on ${udpAddressText(proxy.address)}, sending on to ${options.to}\n`);
  await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true })));
  const { packets, dropped } = proxy.figures;
  await proxy.close();
  process.stdout.write(`proxy\n  packets  ${packets}, of them dropped ${dropped}\n`);
}

function conditionsOf({ loss, burst, delay, jitter, reorder, duplicate, rate, profile }: ProxyCommandOptions): LinkConditions {
  return {
    ...(profile && LINK_PROFILES[profile]),
    loss: loss / 100,
    burst,
    jitterMs: jitter,
    reorder: reorder / 100,
    duplicate: duplicate / 100,
    ...(delay > 0 && { delayMs: delay }),
    ...(rate !== undefined && { kbps: rate }),
  };
}
