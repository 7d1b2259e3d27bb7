import { tellNote } from "../../findings.ts";
import { type Command, Option } from "@commander-js/extra-typings";
import { openCodec } from "@twelvehz/codec/node";
import { type CallFigures, DEFAULT_PORT, udpCall, type UdpCallOptions } from "@twelvehz/transport/node";
import { openMicrophone, openSpeaker } from "../../call-sound.ts";
import { callReport, linkOf, type ListenOptions } from "../../link.ts";
import {
  hostOption,
  kbpsOption,
  keyOption,
  layoutOption,
  type LinkOptions,
  portOption,
  rtpOption,
  suiteOption,
  timeoutOption,
} from "../../link-options.ts";
import { examples, jsonOption, modelOption } from "../../options.ts";
import { printReport } from "../../report.ts";

/** Options of every end of a call. */
export interface EndOptions extends LinkOptions {
  readonly in: string;
  readonly out: string;
  readonly pauses?: boolean | undefined;
  readonly model?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Of all ends of calls. */
export const AUDIO_HELP: string = `
Sound: the standard input and output carry raw PCM, 16 bit, mono, little-endian, at the rate of the model (24 kHz). With ALSA:
  arecord -q -t raw -f S16_LE -r 24000 -c 1 | twelvehz call dial HOST | aplay -q -t raw -f S16_LE -r 24000 -c 1
Both ends need the same key and the same model. Nothing is sent in the clear; who has the key can talk and listen. Wear headphones: no echo is removed.
`;

/** Where sound comes from. */
const inOption: Option<"--in <path>", undefined, string> = new Option(
  "--in <path>",
  "microphone: - = raw PCM from the standard input, a sound file, which is sent as fast as it is heard, or none",
).default("-");
/** Where sound goes. */
const outOption: Option<"--out <path>", undefined, string> = new Option(
  "--out <path>",
  "speaker: - = raw PCM to the standard output, a .wav file, or none",
).default("-");
/** Whether pauses are sent. */
const pausesOption: Option<"--pauses"> = new Option("--pauses", "send nothing while nobody speaks");

/**
 * Options of every end of a call, in the order of the help.
 * @param more stand where it is said what is sent
 */
export function endOptions(more: readonly unknown[] = []): Option[] {
  const sound = [keyOption, inOption, outOption, kbpsOption, layoutOption, pausesOption];
  return [...sound, ...more, suiteOption, timeoutOption, modelOption, jsonOption] as unknown as Option[];
}

/** Adds `twelvehz call listen` or `twelvehz call dial`. */
export function addEnd(call: Command, kind: "listen" | "dial", signal: AbortSignal): void {
  const isDial = kind === "dial";
  const command = call
    .command(kind)
    .summary(isDial ? "call someone who listens" : "wait for a call, and take it")
    .description(
      `${isDial ? "Calls" : "Waits for"} the other end, sends what comes from the microphone and plays what is received, until both have hung up. Ctrl-C hangs up.`,
    ) as unknown as Command;
  if (isDial) command.argument("<address>", `HOST, HOST:PORT or [IPV6]:PORT; the port is ${DEFAULT_PORT} where none is given`);
  command.addOption(portOption(isDial ? 0 : DEFAULT_PORT)).addOption(hostOption("0.0.0.0"));
  for (const option of endOptions([rtpOption])) command.addOption(option);
  command
    .addHelpText(
      "after",
      AUDIO_HELP +
        examples(
          isDial
            ? "twelvehz call dial 192.0.2.7 --in question.wav --out answer.wav\ntwelvehz call dial 192.0.2.7 --kbps 6.5 --pauses"
            : "twelvehz call listen --in welcome.wav --out message.wav\ntwelvehz call listen --port 5000 --json",
        ),
    )
    .action(async (...given: unknown[]) => {
      const [address, options] = isDial ? (given as [string, never]) : [undefined, given[0] as never];
      await callCommand(address, options, signal);
    });
}

/**
 * `twelvehz call listen` (no address) and `twelvehz call dial`: one end of a call, until both have
 * hung up.
 */
async function callCommand(address: string | undefined, options: EndOptions & ListenOptions, signal: AbortSignal): Promise<void> {
  const link = linkOf(address, options);
  await runCall(options, signal, (ends) => udpCall({ ...link, ...ends }));
}

/** Sound of a call, as the options name it. */
export type CallEnds = Pick<UdpCallOptions, "codec" | "signal" | "pauses" | "microphone" | "endsWithPeer" | "speaker">;

/** Opens model, microphone and speaker, makes a call, and says what it did. */
export async function runCall(
  options: Pick<EndOptions, "in" | "out" | "pauses" | "model" | "json">,
  signal: AbortSignal,
  call: (ends: CallEnds) => Promise<CallFigures>,
): Promise<void> {
  const codec = await openCodec(options.model, { onNote: tellNote });
  try {
    await codec.prepare();
    const microphone = await openMicrophone(options.in, codec.info, signal);
    const speaker = await openSpeaker(options.out, codec.info).catch((error: unknown) => {
      microphone.close();
      throw error;
    });
    try {
      const figures = await call({
        codec,
        signal,
        pauses: options.pauses,
        microphone: microphone.samples,
        endsWithPeer: microphone.isLive,
        speaker: (samples) => speaker.write(samples),
      });
      await speaker.commit();
      printReport(callReport("call", figures, codec), { json: options.json, dataOnStdout: options.out === "-" });
    } finally {
      microphone.close();
      await speaker.discard();
    }
  } finally {
    await codec.close();
  }
}
