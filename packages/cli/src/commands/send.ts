import { type Codec, CodecError, openCodec, readAudio } from "@twelvehz/codec/node";
import {
  COMMAND_SEAL_BYTES,
  CommandSeal,
  fitCommand,
  parseUdpAddress,
  resolveUdpAddress,
  type UdpAddress,
  udpAddressText,
  udpCall,
  UdpSocket,
  writeCommandPacket,
} from "@twelvehz/transport/node";
import { type LinkOptions, secretOf } from "../call-options.ts";
import { formatBytes, formatSeconds, printReport, type Report } from "../report.ts";
import { callReport, linkOf } from "./call.ts";
import { openMicrophone } from "./call-sound.ts";

/** Options of `twelvehz send`. */
export interface SendCommandOptions extends LinkOptions {
  readonly datagram?: boolean | undefined;
  readonly maxBytes?: number | undefined;
  readonly clear?: boolean | undefined;
  readonly model?: string | undefined;
  readonly json?: boolean | undefined;
}

const DEFAULT_MAX_BYTES = 1000;
const ANY_PORT = { host: "0.0.0.0", port: 0 };

/** `twelvehz send`: a clip as a stream, or as one datagram. */
export async function sendCommand(input: string, address: string, options: SendCommandOptions, signal: AbortSignal): Promise<void> {
  const { datagram, clear, model, json } = options;
  if (clear && !datagram)
    throw new CodecError("usage", "Cannot send a stream without encryption: leave --clear out, or send one packet by --datagram");
  if (!clear) secretOf(options.key);
  const to = parseUdpAddress(address);
  const codec = await openCodec(model);
  try {
    const report = datagram
      ? await sendDatagram(input, to, codec, options, signal)
      : await sendStream(input, address, codec, options, signal);
    printReport(report, { json });
  } finally {
    await codec.close();
  }
}

async function sendStream(input: string, address: string, codec: Codec, options: SendCommandOptions, signal: AbortSignal): Promise<Report> {
  if (input === "-") throw new CodecError("usage", "Cannot send the standard input as a stream: take `twelvehz call dial`, or give a file");
  const { samples } = await openMicrophone(input, codec.info, signal);
  const figures = await udpCall({
    ...linkOf(address, { ...options, ...ANY_PORT }),
    codec,
    signal,
    microphone: samples,
    speaker: () => undefined,
  });
  return callReport(`${input} -> ${address}`, figures, codec);
}

async function sendDatagram(
  input: string,
  to: UdpAddress,
  codec: Codec,
  options: SendCommandOptions,
  signal: AbortSignal,
): Promise<Report> {
  const { maxBytes = DEFAULT_MAX_BYTES, clear, key } = options;
  const all = await codec.encode(await readAudio(input, { signal }), { signal });
  const codes = fitCommand(all, maxBytes - (clear ? 0 : COMMAND_SEAL_BYTES));
  const packet = writeCommandPacket(codes);
  const sent = clear ? packet : await (await CommandSeal.open(secretOf(key))).seal(packet, Date.now());
  const socket = await UdpSocket.bind(ANY_PORT, () => undefined);
  try {
    await socket.send(sent, await resolveUdpAddress(to));
  } finally {
    await socket.close();
  }
  const seconds = (codes.frames * codec.info.samplesPerFrame) / codec.info.sampleRate;
  return {
    title: `${input} -> ${udpAddressText(to)}`,
    rows: [
      ["datagram", `${formatBytes(sent.length)}, ${clear ? "in the clear" : "encrypted"}`],
      ["codes", `${codes.frames} frames (${formatSeconds(seconds)}) of ${codes.layers} layers, of ${all.layers}`],
      ["model", codec.info.name],
    ],
    json: {
      input,
      to,
      bytes: sent.length,
      encrypted: !clear,
      frames: codes.frames,
      layers: codes.layers,
      durationSeconds: seconds,
      model: codec.info,
    },
  };
}
