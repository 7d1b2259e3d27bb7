import { readFile } from "node:fs/promises";
import { type Command, Option } from "@commander-js/extra-typings";
import { CodecError, messageOf } from "@twelvehz/codec/node";
import {
  DEFAULT_PORT,
  LINK_PROFILES,
  type LinkConditions,
  LOSS_TRACE_NAMES,
  lossTrace,
  type LossTrace,
  parseLossTrace,
  parseUdpAddress,
  udpAddressText,
  UdpProxy,
} from "@twelvehz/transport/node";
import { hostOption, numberFrom, portOption } from "../../link-options.ts";
import { examples, wholeNumber } from "../../options.ts";

/** Options of `twelvehz call proxy`. */
interface ProxyCommandOptions {
  readonly to: string;
  readonly port: number;
  readonly host: string;
  readonly loss: number;
  readonly burst?: number | undefined;
  readonly trace?: string | undefined;
  readonly delay: number;
  readonly jitter: number;
  readonly reorder: number;
  readonly duplicate: number;
  readonly rate?: number | undefined;
  readonly profile?: "nb-iot" | "lora" | undefined;
  readonly seed: number;
}

/** Adds `twelvehz call proxy`. */
export function addProxy(call: Command, signal: AbortSignal): void {
  const part = numberFrom(0, 100);
  call
    .command("proxy")
    .summary("a bad link, to try how calls sound over one")
    .description(
      "Takes datagrams and sends them on to one address and back, late, twice or not at all. What is random follows from --seed. Ctrl-C ends it and says what went through.",
    )
    .requiredOption("--to <address>", "where the listener is: HOST or HOST:PORT")
    .addOption(portOption(DEFAULT_PORT + 1))
    .addOption(hostOption("127.0.0.1"))
    .addOption(new Option("--loss <percent>", "packets lost").argParser(part).default(0))
    .addOption(new Option("--burst <packets>", "mean packets lost in a row; default: as chance has it").argParser(numberFrom(1, 100)))
    .addOption(
      new Option(
        "--trace <name>",
        `losses as real calls have them: ${LOSS_TRACE_NAMES.join(", ")}, or a file with a 1 for each lost packet and a 0 for each other`,
      ).conflicts(["loss", "burst"]),
    )
    .addOption(new Option("--delay <ms>", "time on the way").argParser(numberFrom(0, 10_000)).default(0))
    .addOption(new Option("--jitter <ms>", "mean of what is added to it").argParser(numberFrom(0, 10_000)).default(0))
    .addOption(new Option("--reorder <percent>", "packets that others overtake").argParser(part).default(0))
    .addOption(new Option("--duplicate <percent>", "packets that come twice").argParser(part).default(0))
    .addOption(new Option("--rate <kbps>", "what goes through each way, kbit/s").argParser(numberFrom(0.1, 1e6)))
    .addOption(new Option("--profile <name>", "rate, delay and longest packet of a kind of link").choices(["nb-iot", "lora"] as const))
    .addOption(new Option("--seed <n>", "fixes what is random").argParser(wholeNumber(0, 1e9)).default(1))
    .addHelpText(
      "after",
      examples(
        "twelvehz call proxy --to 127.0.0.1 --loss 20 --jitter 30\ntwelvehz call proxy --to 192.0.2.7 --port 5000 --loss 20 --burst 2.5\ntwelvehz call proxy --to 127.0.0.1 --profile nb-iot",
      ),
    )
    .action((options) => proxyCommand(options, signal));
}

/** `twelvehz call proxy`: a bad link, until Ctrl-C. */
async function proxyCommand(options: ProxyCommandOptions, signal: AbortSignal): Promise<void> {
  const listen = { host: options.host, port: options.port };
  const proxy = await UdpProxy.open({
    listen,
    to: parseUdpAddress(options.to),
    conditions: { ...conditionsOf(options), trace: options.trace === undefined ? undefined : await traceOf(options.trace) },
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

async function traceOf(name: string): Promise<LossTrace> {
  const own = lossTrace(name);
  if (own) return own;
  try {
    return parseLossTrace(await readFile(name, "utf8"));
  } catch (error) {
    if (error instanceof CodecError) throw error;
    throw new CodecError(
      "not-found",
      `Cannot read the trace ${JSON.stringify(name)}: ${messageOf(error)}; give a file, or one of ${LOSS_TRACE_NAMES.join(", ")}`,
      { cause: error },
    );
  }
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
