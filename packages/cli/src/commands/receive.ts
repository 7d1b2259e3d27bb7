import { tellNote } from "../findings.ts";
import type { Command } from "@commander-js/extra-typings";
import { type Codec, type Codes, CodecError, messageOf, openCodec, specOf, writeAudio } from "@twelvehz/codec/node";
import {
  CoapMailbox,
  CommandSeal,
  DEFAULT_PORT,
  type Interception,
  isCommandPacket,
  readCommandPacket,
  udpAddressText,
  udpCall,
} from "@twelvehz/transport/node";
import { openMicrophone, openSpeaker } from "../call-sound.ts";
import { callReport, linkOf, type ListenOptions } from "../link.ts";
import { hostOption, keyOption, type LinkOptions, portOption, secretOf, timeoutOption } from "../link-options.ts";
import { examples, jsonOption, modelOption } from "../options.ts";
import { formatSeconds, printReport, type Report } from "../report.ts";

/** Options of `twelvehz receive`. */
interface ReceiveCommandOptions extends LinkOptions, ListenOptions {
  readonly output: string;
  readonly clear?: boolean | undefined;
  readonly coap?: boolean | undefined;
  readonly model?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Adds `twelvehz receive`. */
export function addReceive(program: Command, signal: AbortSignal): void {
  program
    .command("receive")
    .summary("wait for speech that `twelvehz send` sends, and write it")
    .description("Waits for one stream or one datagram, and writes what it says as WAV. What was lost on the way is concealed.")
    .requiredOption("-o, --output <path>", "a .wav file")
    .addOption(portOption(DEFAULT_PORT))
    .addOption(hostOption("0.0.0.0"))
    .addOption(keyOption)
    .option("--clear", "take a datagram that is not encrypted, from anyone")
    .option("--coap", "take one datagram as a POST of CoAP, which is confirmed")
    .addOption(timeoutOption)
    .addOption(modelOption)
    .addOption(jsonOption)
    .addHelpText("after", examples("twelvehz receive -o report.wav\ntwelvehz receive -o command.wav --clear --port 5000"))
    .action((options) => receiveCommand(options, signal));
}

/** `twelvehz receive`: waits for one stream or one datagram, and writes its sound. */
async function receiveCommand(options: ReceiveCommandOptions, signal: AbortSignal): Promise<void> {
  const { clear, key, model, output, json } = options;
  if (output === "-")
    throw new CodecError(
      "usage",
      "Cannot write what is received to the standard output: give a file, or take `twelvehz call listen --in none`",
    );
  // A key that nobody has where none is given: streams are then refused, datagrams in the clear
  // taken.
  const secret = clear && key === undefined ? crypto.getRandomValues(new Uint8Array(32)) : secretOf(key);
  const codec = await openCodec(model, { onNote: tellNote });
  try {
    await codec.prepare({ decoder: true });
    const mailbox = new Mailbox(codec, await CommandSeal.open(secret), clear === true);
    if (options.coap) {
      const codes = await postedCodes(mailbox, options, signal);
      return printReport(await writeCommand(codes, codec, output), { json });
    }
    await receiveUdp(codec, mailbox, options, secret, signal);
  } finally {
    await codec.close();
  }
}

/** Waits on UDP for whatever comes first. */
async function receiveUdp(
  codec: Codec,
  mailbox: Mailbox,
  options: ReceiveCommandOptions,
  secret: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const { output, json } = options;
  const speaker = await openSpeaker(output, codec.info);
  try {
    const { samples: microphone } = await openMicrophone("none", codec.info, signal);
    const link = { ...linkOf(undefined, options, secret), codec, signal, intercept: mailbox.take };
    const ends = { microphone, endsWithPeer: true, speaker: (samples: Float32Array) => speaker.write(samples) };
    const figures = await udpCall({ ...link, ...ends });
    if (mailbox.codes) return printReport(await writeCommand(mailbox.codes, codec, output), { json });
    await speaker.commit();
    printReport(callReport(output, figures, codec), { json });
  } finally {
    await speaker.discard();
  }
}

/** Waits for a POST that can be used. */
async function postedCodes(mailbox: Mailbox, { host, port }: ListenOptions, signal: AbortSignal): Promise<Codes> {
  let done = (): void => undefined;
  const arrived = new Promise<void>((resolve) => (done = resolve));
  const server = await CoapMailbox.open({ host, port }, async (body) => {
    const isUsed = (await mailbox.take(body)) === "last";
    if (isUsed) setImmediate(done); // the answer goes first
    return isUsed;
  });
  signal.addEventListener("abort", done, { once: true });
  process.stderr.write(`twelvehz: listening on ${udpAddressText(server.address)}\n`);
  await arrived;
  await server.close();
  if (!mailbox.codes) throw new CodecError("aborted", "The work was cancelled");
  return mailbox.codes;
}

/** Takes command packets out of what comes. */
class Mailbox {
  readonly #codec: Codec;
  readonly #seal: CommandSeal;
  readonly #takesClear: boolean;
  /** The clip that came. */
  codes: Codes | undefined;

  constructor(codec: Codec, seal: CommandSeal, takesClear: boolean) {
    this.#codec = codec;
    this.#seal = seal;
    this.#takesClear = takesClear;
  }

  readonly take = async (datagram: Uint8Array): Promise<Interception> => {
    const isClear = isCommandPacket(datagram);
    if (!isClear && !CommandSeal.matches(datagram)) return "none";
    try {
      if (isClear && !this.#takesClear)
        throw new CodecError("bad-format", "Cannot take a packet that is not encrypted: give --clear, or send it with the key");
      const packet = isClear ? datagram : await this.#seal.unseal(datagram, Date.now());
      this.codes = readCommandPacket(packet, specOf(this.#codec.info));
      return "last";
    } catch (error) {
      process.stderr.write(`twelvehz: ${messageOf(error)}\n`);
      return "taken";
    }
  };
}

async function writeCommand(codes: Codes, codec: Codec, output: string): Promise<Report> {
  const audio = await codec.decode(codes);
  await writeAudio(output, audio);
  return {
    title: output,
    rows: [
      ["datagram", `${codes.frames} frames of ${codes.layers} layers`],
      ["sound", formatSeconds(audio.durationSeconds)],
      ["model", codec.info.name],
    ],
    json: { output, frames: codes.frames, layers: codes.layers, durationSeconds: audio.durationSeconds, model: codec.info },
  };
}
