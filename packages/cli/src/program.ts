/** The command line: its commands, options and help. What they do is in commands/. */
import { Argument, Command, Option } from "@commander-js/extra-typings";
import { BACKENDS, CODES_FORMATS, ERROR_TABLE } from "@twelvehz/codec/node";
import { addAtlas } from "./commands/atlas.ts";
import { completionScript, SHELLS } from "./commands/completion.ts";
import { decodeCommand } from "./commands/decode.ts";
import { encodeCommand } from "./commands/encode.ts";
import { exportCCommand } from "./commands/export-c.ts";
import { infoCommand } from "./commands/info.ts";
import { DEFAULT_LIMITS } from "@twelvehz/server/limits";
import { addEval } from "./eval-program.ts";
import { addModels } from "./models-program.ts";
import { roundtripCommand } from "./commands/roundtrip.ts";
import { examples, jsonOption, layerList, wholeNumber } from "./options.ts";

const modelOption = new Option(
  "-m, --model <name>",
  "compact, a folder with config.json and model.safetensors, or a downloaded model; default: TWELVEHZ_MODEL, else what `twelvehz models use` has set, else compact",
);
const jobsOption = new Option("-j, --jobs <n>", "inputs to work on at once; default: one for each processor").argParser(
  wholeNumber(1, 256),
);
const skipExistingOption = new Option("--skip-existing", "leave out inputs whose output is there already, to go on with a batch");
const floatOption = new Option("--float", "write 32-bit float WAV instead of 16-bit");
const strictOption = new Option(
  "--strict",
  "refuse files that are damaged, cut short or declare wrong numbers; default: take what is there, say so, and end with 3 after damage",
);
const layersOption = new Option("--layers <n>", "use the first n layers only, 1 to 16").argParser(wholeNumber(1, 64));
const onlyLayerOption = new Option("--only-layer <k>", "use this layer alone, 0 to 15").argParser(wholeNumber(0, 63)).conflicts("layers");
const muteLayersOption = new Option("--mute-layers <list>", "leave these layers out, such as 3,5-7").argParser(layerList);

const attentionOption = new Option(
  "--attention <mode>",
  "what the published model's encoder sees: reference = all since the start, windowed = the last 10 s; default: reference up to 320 s, windowed beyond and for the standard input where it does not tell its length",
).choices(["reference", "windowed"] as const);
const chunkingOption = new Option(
  "--chunking <mode>",
  "of the published model: exact = without seams (default), reference = as the Python package cuts, every 300 frames",
).choices(["exact", "reference"] as const);

const backendOption = new Option(
  "--backend <name>",
  "what decodes: onnx = ONNX Runtime (default), wasm = the decoder in C as WebAssembly, which starts sooner; compact models only",
).choices(BACKENDS);

const EXIT_STATUSES = Object.entries(ERROR_TABLE)
  .map(([code, { exitStatus, meaning }]) => `  ${String(exitStatus).padStart(3)}  ${code}: ${meaning}`)
  .join("\n");

/** What commander says about a bad command line, which may be two lines, in the form of all other errors. */
function usageLine(text: string): string {
  const said = text
    .replace(/^error: /, "")
    .trim()
    .replace(/\.$/, "")
    .replaceAll(/\s*\n\s*/g, " ");
  return `twelvehz: Cannot run this command: ${said}; "twelvehz --help" shows what there is\n`;
}

/**
 * The whole command line.
 * @param version shown by --version
 * @param signal cancels the work
 */
export function createProgram(version: string, signal: AbortSignal): Command {
  const program = new Command("twelvehz")
    .description("Speech to codes and back: 16 layers of 2048 codes, 12.5 frames a second, 2.2 kbit/s.")
    .version(version)
    .configureOutput({ outputError: (text, write) => write(usageLine(text)) })
    .addHelpText(
      "after",
      `${examples("twelvehz roundtrip talk.mp3 -o out.wav\ntwelvehz encode talk.mp3 -o talk.t12\ntwelvehz decode talk.t12 -o talk.wav")}\n\nExit status:\n    0  done\n    3  done in part: something of an input is damaged or missing, or some of several inputs failed\n${EXIT_STATUSES}`,
    );
  addEncode(program, signal);
  addDecode(program, signal);
  addRoundtrip(program, signal);
  addInfo(program, signal);
  addServe(program, signal);
  addAtlas(program as unknown as Command, modelOption, signal);
  addEval(program, signal);
  addModels(program, signal);
  addExportC(program, signal);
  addCompletion(program);
  return program as unknown as Command;
}

/** A command and all commands below it. */
export function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap((below) => withSubcommands(below as unknown as Command))];
}

function addEncode(program: Command, signal: AbortSignal): void {
  program
    .command("encode")
    .summary("sound files to codes")
    .description(
      "Turns speech into codes. Reads WAV, AIFF, MP3, FLAC, Ogg Opus and Ogg Vorbis at any rate, and what an ffmpeg on the PATH reads.",
    )
    .argument("<input...>", "sound files, or - for the standard input")
    .option("-o, --output <path>", "file, folder/ for several inputs, or - for the standard output; default: beside the input")
    .addOption(
      new Option("-f, --format <format>", "form of the codes; default: by the extension of the output, else t12").choices(CODES_FORMATS),
    )
    .addOption(layersOption)
    .addOption(attentionOption)
    .addOption(modelOption)
    .addOption(jobsOption)
    .addOption(skipExistingOption)
    .addOption(strictOption)
    .option("--live", "a recording: write under the final name at once, so that it can be read while it grows (.t12 only)")
    .addOption(jsonOption)
    .addHelpText(
      "after",
      examples(
        "twelvehz encode talk.mp3\ntwelvehz encode talk.wav -o talk.npy\ntwelvehz encode *.flac -o codes/ --jobs 4\nsox -d -t wav - | twelvehz encode - --live -o live.t12",
      ),
    )
    .action((inputs, options) => encodeCommand(inputs, options, signal));
}

function addDecode(program: Command, signal: AbortSignal): void {
  program
    .command("decode")
    .summary("codes to sound files")
    .description("Turns codes into speech, as 24 kHz mono WAV.")
    .argument("<input...>", "codes: .t12, .npy, .json, .jsonl or .pt, or - for the standard input")
    .option(
      "-o, --output <path>",
      "file, folder/ for several inputs, or - for the standard output; default: NAME.decoded.wav beside the input",
    )
    .addOption(layersOption)
    .addOption(onlyLayerOption)
    .addOption(muteLayersOption)
    .addOption(floatOption)
    .addOption(chunkingOption)
    .addOption(new Option("--salvage", "what is left of a damaged .t12 is what is wanted: end with 0").conflicts(["live", "strict"]))
    .addOption(strictOption)
    .option(
      "--live",
      "codes that are still being made: decode each frame when it comes; a .t12, or lines such as [5,1,7], one for each frame",
    )
    .addOption(modelOption)
    .addOption(backendOption)
    .addOption(jobsOption)
    .addOption(skipExistingOption)
    .addOption(jsonOption)
    .addHelpText(
      "after",
      examples(
        "twelvehz decode talk.t12 -o talk.wav\ntwelvehz decode talk.t12 --layers 4 -o rough.wav\ntwelvehz decode talk.t12 --mute-layers 0,12-15 -o odd.wav\ntwelvehz decode talk.t12 -o - | aplay\npython speak.py | twelvehz decode - --live -o - | aplay",
      ),
    )
    .action((inputs, options) => decodeCommand(inputs, options, signal));
}

function addRoundtrip(program: Command, signal: AbortSignal): void {
  program
    .command("roundtrip")
    .summary("speech to codes and back, to hear what the codec does")
    .description("Encodes and decodes, and tells sizes and speed.")
    .argument("<input...>", "sound files, or - for the standard input")
    .option(
      "-o, --output <path>",
      "file, folder/ for several inputs, or - for the standard output; default: NAME.twelvehz.wav beside the input",
    )
    .option("--codes <path>", "write the codes too")
    .addOption(strictOption)
    .addOption(layersOption)
    .addOption(onlyLayerOption)
    .addOption(muteLayersOption)
    .addOption(floatOption)
    .addOption(modelOption)
    .addOption(backendOption)
    .addOption(jobsOption)
    .addOption(skipExistingOption)
    .addOption(jsonOption)
    .addHelpText(
      "after",
      examples("twelvehz roundtrip talk.mp3 -o out.wav --codes out.t12\ntwelvehz roundtrip talk.mp3 --layers 4 -o rough.wav"),
    )
    .action((inputs, options) => roundtripCommand(inputs, options, signal));
}

function addInfo(program: Command, signal: AbortSignal): void {
  program
    .command("info")
    .summary("what is in a sound file, a file of codes or a model")
    .description("Tells what a file or a model holds, and how a damaged token file is damaged.")
    .argument("<input...>", "sound files, codes, models: compact, a folder, or a downloaded model")
    .addOption(jsonOption)
    .addHelpText("after", examples("twelvehz info talk.mp3 talk.t12\ntwelvehz info compact"))
    .action((inputs, options) => infoCommand(inputs, options, signal));
}

function addServe(program: Command, signal: AbortSignal): void {
  program
    .command("serve")
    .summary("the page, and speech to codes and back over HTTP")
    .description("Serves the page, where a file dropped is coded and heard, and POST /v1/encode and /v1/decode. Ctrl-C ends it.")
    .option("-p, --port <n>", "port, 0 to 65535; 0 = any that is free", wholeNumber(0, 65_535), 7860)
    .option("--host <address>", "address to listen on; 0.0.0.0 = reachable from other machines, by everyone", "127.0.0.1")
    .option("--host-name <name...>", "answer to these names too, such as that of a proxy in front; without port")
    .addOption(modelOption)
    .option("--max-seconds <n>", "longest sound in a request", wholeNumber(1, 43_200), DEFAULT_LIMITS.maxSeconds)
    .option("--max-megabytes <n>", "largest request", wholeNumber(1, 4096), DEFAULT_LIMITS.maxBytes / 1e6)
    .option("--max-request-seconds <n>", "longest time from a request to its answer", wholeNumber(1, 86_400), DEFAULT_LIMITS.requestSeconds)
    .option("--open", "open the page in the browser")
    .addHelpText(
      "after",
      examples("twelvehz serve --open\ntwelvehz serve --port 8080 --model ./my-model\ntwelvehz serve --host-name codec.example.org"),
    )
    .action(async (options) => (await import("./commands/serve.ts")).serveCommand(options, signal)); // the HTTP library would make every command start later
}

function addExportC(program: Command, signal: AbortSignal): void {
  program
    .command("export-c")
    .summary("a compact model's decoder for C, for small devices")
    .description(
      "Writes t12d.bin, which the C library in embedded/ opens in place from flash, and t12d.h with the bytes of the arena and a self-test. Tells the sizes, and how many bytes of weights a frame reads.",
    )
    .argument("[model]", "compact or a folder with a compact model; default: as --model of the other commands")
    .option("-o, --output <folder>", "where the two files go", ".")
    .addOption(jsonOption)
    .addHelpText("after", examples("twelvehz export-c compact -o firmware/\ntwelvehz export-c ./my-model -o firmware/ --json"))
    .action((model, options) => exportCCommand(model, options, signal));
}

function addCompletion(program: Command): void {
  program
    .command("completion")
    .summary("completion of commands and options for a shell")
    .description("Prints a script that teaches a shell the commands and options.")
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .addHelpText("after", examples("source <(twelvehz completion bash)\ntwelvehz completion fish | source"))
    .action((shell) => void process.stdout.write(completionScript(program, shell)));
}
