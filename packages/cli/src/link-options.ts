/** Options that the commands of links share, and what follows from them. */
import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { CodecError } from "@twelvehz/codec/node";
import { type Layout, parseLayout, parseLinkKey } from "@twelvehz/transport/node";
import { wholeNumber } from "./options.ts";

/** Environment variable that holds the key, so that it stands in no list of processes. */
const KEY_VARIABLE = "TWELVEHZ_CALL_KEY";

/** The secret. */
export const keyOption: Option<"--key <text>"> = new Option(
  "--key <text>",
  "what both ends share, made by `twelvehz call key`; better in the environment, where no list of processes shows it",
).env(KEY_VARIABLE);
/** Where to listen; 0 = anywhere. */
export const portOption = (port: number): Option<"--port <n>", undefined, number, number> =>
  new Option("--port <n>", "UDP port to listen on; 0 = any that is free").argParser(wholeNumber(0, 65535)).default(port);
/** Who may reach it. */
export const hostOption = (host: string): Option<"--host <address>", undefined, string> =>
  new Option("--host <address>", "address of this machine to listen on").default(host);
/** What a packet holds. */
export const layoutOption: Option<"--layout <text>"> = new Option(
  "--layout <text>",
  "what a packet holds, such as 16+8@1+4@2+4@3 or 2x16+16@1: see docs/packets.md; default: chosen by --kbps and what is lost",
).conflicts("kbps");
/** What may be sent. */
export const kbpsOption: Option<"--kbps <n>", undefined, undefined, number> = new Option(
  "--kbps <n>",
  "most kbit/s in all, headers and encryption included; default: 8",
).argParser(numberFrom(2, 100));
/** When to give up. */
export const timeoutOption: Option<"--timeout <s>", undefined, 30, number> = new Option(
  "--timeout <s>",
  "give up after so many seconds without a packet",
)
  .argParser(numberFrom(0.1, 3600))
  .default(30);
/** RTP. */
export const rtpOption: Option<"--rtp"> = new Option("--rtp", "put packets into RTP: 12 bytes more each");
/** Length of the tag. */
export const suiteOption: Option<"--tag <bytes>", undefined, "8", undefined, false, "4" | "8"> = new Option(
  "--tag <bytes>",
  "length of the authentication tag, 4 or 8: 4 saves 0.4 kbit/s and is easier to forge",
)
  .choices(["4", "8"] as const)
  .default("8" as const);

/** A number from `low` to `high`. */
export function numberFrom(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= low && value <= high))
      throw new InvalidArgumentError(`It must be a number from ${low} to ${high}.`);
    return value;
  };
}

/** Options of a link as commander gives them. */
export interface LinkOptions {
  readonly key?: string | undefined;
  readonly kbps?: number | undefined;
  readonly layout?: string | undefined;
  readonly rtp?: boolean | undefined;
  readonly tag?: "4" | "8" | undefined;
  readonly timeout: number;
}

const DEFAULT_KBPS = 8;
/** SFrame cipher suites by the length of their tags: RFC 9605 section 4.5. */
const SUITES = { "4": 3, "8": 2 } as const;

/**
 * The secret of a link.
 * @throws CodecError `usage` where there is none
 */
export function secretOf(key: string | undefined): Uint8Array {
  if (key === undefined)
    throw new CodecError(
      "usage",
      'Cannot encrypt without a key: make one by "twelvehz call key", and give it to both ends by --key or in TWELVEHZ_CALL_KEY',
    );
  return parseLinkKey(key);
}

/** What is sent: a layout, or a rate from which it follows. */
export function rateOf({ layout, kbps }: Pick<LinkOptions, "layout" | "kbps">): { readonly layout: Layout } | { readonly kbps: number } {
  return layout === undefined ? { kbps: kbps ?? DEFAULT_KBPS } : { layout: parseLayout(layout) };
}

/** The cipher suite of an option. */
export function suiteOf({ tag = "8" }: Pick<LinkOptions, "tag">): number {
  return SUITES[tag];
}
