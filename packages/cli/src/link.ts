/**
 * What calls, `send` and `receive` share: opening a link from its options, and telling what it did.
 */
import type { Codec } from "@twelvehz/codec/node";
import { type CallFigures, parseUdpAddress, udpAddressText, type UdpCallOptions } from "@twelvehz/transport/node";
import { type LinkOptions, rateOf, secretOf, suiteOf } from "./link-options.ts";
import type { Report } from "./report.ts";

/** Where a link listens. */
export interface ListenOptions {
  readonly port: number;
  readonly host: string;
}

/**
 * What a link is made of, but for the sound: read before a model is opened, so that mistakes are
 * told at once.
 */
export function linkOf(
  address: string | undefined,
  options: LinkOptions & ListenOptions,
  secret: Uint8Array = secretOf(options.key),
): Omit<UdpCallOptions, "codec" | "microphone" | "speaker"> {
  return {
    secret,
    rate: rateOf(options),
    suite: suiteOf(options),
    rtp: options.rtp,
    timeoutSeconds: options.timeout,
    dial: address === undefined ? undefined : parseUdpAddress(address),
    listen: { host: options.host, port: options.port },
    onListening: (at) => void (address === undefined && tell(`listening on ${udpAddressText(at)}`)),
    onConnected: (peer) => tell(`connected with ${udpAddressText(peer)}`),
    onRefused: refusalTeller(),
  };
}

/** Says something on the standard error. */
export function tell(text: string): void {
  process.stderr.write(`twelvehz: ${text}\n`);
}

/** Says why packets are refused, once for each reason. */
export function refusalTeller(): NonNullable<UdpCallOptions["onRefused"]> {
  const told = new Set<string>();
  return ({ reason, error }) => {
    if (told.has(reason) || reason === "replay") return; // the network doubles packets, too
    told.add(reason);
    tell(error.message);
  };
}

/** What a call did. */
export function callReport(title: string, figures: CallFigures, codec: Codec): Report {
  const {
    whole,
    partial,
    lost,
    held,
    skipped,
    delayMs,
    jitterMs,
    loss,
    kilobitsPerSecond,
    sentFrames,
    sentPackets,
    receivedPackets,
    refused,
  } = figures;
  const refusals = Object.entries(refused).map(([reason, count]) => `${reason} ${count}`);
  return {
    title,
    rows: [
      [
        "sent",
        `${sentFrames} frames in ${sentPackets} packets, ${kilobitsPerSecond.toFixed(1)} kbit/s with headers, layout ${figures.layout}`,
      ],
      ["received", `${whole} frames whole, ${partial} in part, ${lost} lost; ${receivedPackets} packets`],
      [
        "link",
        `${(100 * loss).toFixed(0)} % lost of late, jitter ${jitterMs.toFixed(0)} ms, buffer ${delayMs.toFixed(0)} ms, ${held} frames held, ${skipped} left out`,
      ],
      ...(refusals.length > 0 ? [["refused", refusals.join(", ")] as const] : []),
      ["model", codec.info.name],
    ],
    json: { ...figures, model: codec.info },
  };
}
