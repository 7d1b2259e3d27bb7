/** The commands `twelvehz call`, `send` and `receive`. What they do is in commands/call.ts, commands/send.ts and commands/receive.ts. */
import { type Command, InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { DEFAULT_PORT } from "@twelvehz/transport/node";
import { examples, jsonOption, wholeNumber } from "./options.ts";

/** Environment variable that holds the key, so that it stands in no list of processes. */
export const KEY_VARIABLE = "TWELVEHZ_CALL_KEY";

const keyOption = new Option(
  "--key <text>",
  "what both ends share, made by `twelvehz call key`; better in the environment, where no list of processes shows it",
).env(KEY_VARIABLE);
const portOption = (port: number): Option<"--port <n>", undefined, number, number> =>
  new Option("--port <n>", "UDP port to listen on; 0 = any that is free").argParser(wholeNumber(0, 65535)).default(port);
const hostOption = (host: string): Option<"--host <address>", undefined, string> =>
  new Option("--host <address>", "address of this machine to listen on").default(host);
const layoutOption = new Option(
  "--layout <text>",
  "what a packet holds, such as 16+8@1+4@2+4@3 or 2x16+16@1: see docs/packets.md; default: chosen by --kbps and what is lost",
).conflicts("kbps");
const kbpsOption = new Option("--kbps <n>", "most kbit/s in all, headers and encryption included; default: 8").argParser(
  numberFrom(2, 100),
);
const timeoutOption = new Option("--timeout <s>", "give up after so many seconds without a packet")
  .argParser(numberFrom(0.1, 3600))
  .default(30);
const rtpOption = new Option("--rtp", "put packets into RTP: 12 bytes more each");
const suiteOption = new Option("--tag <bytes>", "length of the authentication tag, 4 or 8: 4 saves 0.4 kbit/s and is easier to forge")
  .choices(["4", "8"] as const)
  .default("8" as const);

const AUDIO_HELP = `
Sound: the standard input and output carry raw PCM, 16 bit, mono, little-endian, at the rate of the model (24 kHz). With ALSA:
  arecord -q -t raw -f S16_LE -r 24000 -c 1 | twelvehz call dial HOST | aplay -q -t raw -f S16_LE -r 24000 -c 1
Both ends need the same key and the same model. Nothing is sent in the clear; who has the key can talk and listen. Wear headphones: no echo is removed.
`;

/** Adds the commands. */
export function addCall(program: Command, modelOption: Option, signal: AbortSignal): void {
  const call = program
    .command("call")
    .summary("talk over a thin, lossy link, encrypted end to end")
    .description(
      "Calls over UDP in 8 kbit/s, headers included. Packets carry copies of the ones before, so that speech survives one lost packet in five.",
    )
    .addHelpText(
      "after",
      examples(
        "export TWELVEHZ_CALL_KEY=$(twelvehz call key)\ntwelvehz call listen\ntwelvehz call dial 192.0.2.7\ntwelvehz call proxy --to 127.0.0.1 --loss 20",
      ),
    ) as unknown as Command;
  call
    .command("key")
    .summary("make a key for both ends")
    .description("Prints 16 random bytes as text. Bring it to the other end by a way that you trust.")
    .addHelpText("after", examples("export TWELVEHZ_CALL_KEY=$(twelvehz call key)"))
    .action(async () => (await import("./commands/call.ts")).keyCommand());
  addEnd(call, "listen", modelOption, signal);
  addEnd(call, "dial", modelOption, signal);
  addProxy(call, signal);
  addSend(program, modelOption, signal);
  addReceive(program, modelOption, signal);
}

function addEnd(call: Command, kind: "listen" | "dial", modelOption: Option, signal: AbortSignal): void {
  const isDial = kind === "dial";
  const command = call
    .command(kind)
    .summary(isDial ? "call someone who listens" : "wait for a call, and take it")
    .description(
      `${isDial ? "Calls" : "Waits for"} the other end, sends what comes from the microphone and plays what is received, until both have hung up. Ctrl-C hangs up.`,
    ) as unknown as Command;
  if (isDial) command.argument("<address>", `HOST, HOST:PORT or [IPV6]:PORT; the port is ${DEFAULT_PORT} where none is given`);
  command
    .addOption(portOption(isDial ? 0 : DEFAULT_PORT))
    .addOption(hostOption("0.0.0.0"))
    .addOption(keyOption)
    .option(
      "--in <path>",
      "microphone: - = raw PCM from the standard input, a sound file, which is sent as fast as it is heard, or none",
      "-",
    )
    .option("--out <path>", "speaker: - = raw PCM to the standard output, a .wav file, or none", "-")
    .addOption(kbpsOption)
    .addOption(layoutOption)
    .option("--pauses", "send nothing while nobody speaks")
    .addOption(rtpOption)
    .addOption(suiteOption)
    .addOption(timeoutOption)
    .addOption(modelOption)
    .addOption(jsonOption)
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
      await (await import("./commands/call.ts")).callCommand(address, options, signal);
    });
}

function addProxy(call: Command, signal: AbortSignal): void {
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
    .action(async (options) => (await import("./commands/proxy.ts")).proxyCommand(options, signal));
}

function addSend(program: Command, modelOption: Option, signal: AbortSignal): void {
  program
    .command("send")
    .summary("speech as packets to someone who receives: a stream, or one datagram")
    .description(
      "Sends a sound file as codes over UDP, encrypted: as a stream of packets with copies, or with --datagram whole in one packet, with as many layers as fit.",
    )
    .argument("<input>", "sound file, or - for the standard input")
    .argument("<address>", `HOST, HOST:PORT or [IPV6]:PORT; the port is ${DEFAULT_PORT} where none is given`)
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
        "twelvehz send report.wav 192.0.2.7\ntwelvehz send command.wav 192.0.2.7 --max-bytes 1000\ntwelvehz send command.wav 192.0.2.7 --datagram --clear",
      ),
    )
    .action(async (input, address, options) => (await import("./commands/send.ts")).sendCommand(input, address, options as never, signal));
}

function addReceive(program: Command, modelOption: Option, signal: AbortSignal): void {
  program
    .command("receive")
    .summary("wait for speech that `twelvehz send` sends, and write it")
    .description("Waits for one stream or one datagram, and writes what it says as WAV. What was lost on the way is concealed.")
    .requiredOption("-o, --output <path>", "a .wav file")
    .addOption(portOption(DEFAULT_PORT))
    .addOption(hostOption("0.0.0.0"))
    .addOption(keyOption)
    .option("--clear", "take a datagram that is not encrypted, from anyone")
    .addOption(timeoutOption)
    .addOption(modelOption)
    .addOption(jsonOption)
    .addHelpText("after", examples("twelvehz receive -o report.wav\ntwelvehz receive -o command.wav --clear --port 5000"))
    .action(async (options) => (await import("./commands/receive.ts")).receiveCommand(options as never, signal));
}

function numberFrom(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= low && value <= high))
      throw new InvalidArgumentError(`It must be a number from ${low} to ${high}.`);
    return value;
  };
}
