import { tellNote } from "../findings.ts";
import { type Command, Option } from "@commander-js/extra-typings";
import { type Codec, CodecError, openCodec, readAudio } from "@twelvehz/codec/node";
import {
  type CoapAddress,
  coapBytes,
  coapPost,
  COMMAND_SEAL_BYTES,
  CommandSeal,
  DEFAULT_PORT,
  fitCommand,
  localAddressFor,
  parseCoapAddress,
  parseUdpAddress,
  resolveUdpAddress,
  type UdpAddress,
  udpAddressText,
  udpCall,
  UdpSocket,
  writeCommandPacket,
} from "@twelvehz/transport/node";
import { openMicrophone } from "../call-sound.ts";
import { callReport, linkOf } from "../link.ts";
import { kbpsOption, keyOption, layoutOption, type LinkOptions, rtpOption, secretOf, suiteOption, timeoutOption } from "../link-options.ts";
import { examples, jsonOption, modelOption, wholeNumber } from "../options.ts";
import { formatBytes, formatSeconds, printReport, type Report } from "../report.ts";

/** Options of `twelvehz send`. */
interface SendCommandOptions extends LinkOptions {
  readonly datagram?: boolean | undefined;
  readonly maxBytes?: number | undefined;
  readonly clear?: boolean | undefined;
  readonly model?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Adds `twelvehz send`. */
export function addSend(program: Command, signal: AbortSignal): void {
  program
    .command("send")
    .summary("speech as packets to someone who receives: a stream, or one datagram")
    .description(
      "Sends a sound file as codes over UDP, encrypted: as a stream of packets with copies, or with --datagram whole in one packet, with as many layers as fit.",
    )
    .argument("<input>", "sound file, or - for the standard input")
    .argument(
      "<address>",
      `HOST, HOST:PORT or [IPV6]:PORT; the port is ${DEFAULT_PORT} where none is given; or coap://HOST/PATH for one datagram as a confirmed POST of CoAP`,
    )
    .addOption(keyOption)
    .option("--datagram", "one packet for the whole clip; nothing comes back, so nobody knows whether it arrived")
    .addOption(
      new Option("--max-bytes <n>", "longest datagram, encryption included, without UDP's 28; default: 1000")
        .argParser(wholeNumber(32, 65_000))
        .implies({ datagram: true }),
    )
    .option("--clear", "send the datagram without encryption, with a checksum alone; needs no key")
    .addOption(kbpsOption)
    .addOption(layoutOption)
    .addOption(rtpOption)
    .addOption(suiteOption)
    .addOption(timeoutOption)
    .addOption(modelOption)
    .addOption(jsonOption)
    .addHelpText(
      "after",
      examples(
        "twelvehz send report.wav 192.0.2.7\ntwelvehz send command.wav 192.0.2.7 --max-bytes 1000\ntwelvehz send command.wav 192.0.2.7 --datagram --clear\ntwelvehz send command.wav coap://192.0.2.7/speech",
      ),
    )
    .action((input, address, options) => sendCommand(input, address, options, signal));
}

const DEFAULT_MAX_BYTES = 1000;
const ANY_PORT = { host: "0.0.0.0", port: 0 };

/** `twelvehz send`: a clip as a stream, or as one datagram. */
async function sendCommand(input: string, address: string, options: SendCommandOptions, signal: AbortSignal): Promise<void> {
  const { clear, model, json } = options;
  const coap = parseCoapAddress(address);
  const datagram = options.datagram || coap !== undefined;
  if (clear && !datagram)
    throw new CodecError("usage", "Cannot send a stream without encryption: leave --clear out, or send one packet by --datagram");
  if (!clear) secretOf(options.key);
  const to = coap ?? parseUdpAddress(address);
  const codec = await openCodec(model, { onNote: tellNote });
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

async function sendUdp(datagram: Uint8Array, to: UdpAddress): Promise<void> {
  const peer = await resolveUdpAddress(to, ANY_PORT);
  const socket = await UdpSocket.bind(localAddressFor(peer, ANY_PORT), () => undefined);
  try {
    await socket.send(datagram, peer);
  } finally {
    await socket.close();
  }
}

async function sendDatagram(
  input: string,
  to: UdpAddress | CoapAddress,
  codec: Codec,
  options: SendCommandOptions,
  signal: AbortSignal,
): Promise<Report> {
  const { maxBytes = DEFAULT_MAX_BYTES, clear, key } = options;
  const all = await codec.encode(await readAudio(input, { signal }), { signal });
  const around = (clear ? 0 : COMMAND_SEAL_BYTES) + ("path" in to ? coapBytes(to) : 0);
  const codes = fitCommand(all, maxBytes - around);
  const packet = writeCommandPacket(codes);
  const sent = clear ? packet : await (await CommandSeal.open(secretOf(key))).seal(packet, Date.now());
  if ("path" in to) await coapPost(to, sent);
  else await sendUdp(sent, to);
  const seconds = (codes.frames * codec.info.samplesPerFrame) / codec.info.sampleRate;
  return {
    title: `${input} -> ${udpAddressText(to)}`,
    rows: [
      ["datagram", `${formatBytes(sent.length)}${"path" in to ? " in a POST" : ""}, ${clear ? "in the clear" : "encrypted"}`],
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
