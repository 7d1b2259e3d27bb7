/** The command line: what there is, and help. Each command is a file in commands/. */
import { Command } from "@commander-js/extra-typings";
import { ERROR_TABLE } from "@twelvehz/codec/node";
import { examples } from "./options.ts";
import type { Signals } from "./signals.ts";

const EXIT_STATUSES = Object.entries(ERROR_TABLE)
  .map(([code, { exitStatus, meaning }]) => `  ${String(exitStatus).padStart(3)}  ${code}: ${meaning}`)
  .join("\n");

/**
 * What commander says about a bad command line, which may be two lines, in the same form as all
 * other errors.
 */
function usageLine(text: string): string {
  const said = text
    .replace(/^error: /, "")
    .trim()
    .replace(/\.$/, "")
    .replaceAll(/\s*\n\s*/g, " ");
  return `twelvehz: Cannot run this command: ${said}; "twelvehz --help" shows what there is\n`;
}

/** Adds a command to the command line. */
type Adding = (program: Command, signals: Signals) => Promise<void>;

/** The commands in the order of the help. Each is loaded when it is needed: that takes time. */
const COMMANDS: Readonly<Record<string, Adding>> = {
  encode: async (program, { cancelled }) => (await import("./commands/encode.ts")).addEncode(program, cancelled),
  decode: async (program, { cancelled }) => (await import("./commands/decode.ts")).addDecode(program, cancelled),
  roundtrip: async (program, { cancelled }) => (await import("./commands/roundtrip.ts")).addRoundtrip(program, cancelled),
  info: async (program, { cancelled }) => (await import("./commands/info.ts")).addInfo(program, cancelled),
  serve: async (program, signals) => (await import("./commands/serve.ts")).addServe(program, signals),
  top: async (program, { cancelled }) => (await import("./commands/top.ts")).addTop(program, cancelled),
  atlas: async (program, { cancelled }) => (await import("./commands/atlas.ts")).addAtlas(program, cancelled),
  eval: async (program, { cancelled }) => (await import("./commands/eval.ts")).addEval(program, cancelled),
  tokenize: async (program, { cancelled }) => (await import("./commands/tokenize.ts")).addTokenize(program, cancelled),
  corpus: async (program, { cancelled }) => (await import("./commands/corpus.ts")).addCorpus(program, cancelled),
  call: async (program, { cancelled }) => (await import("./commands/call.ts")).addCall(program, cancelled),
  send: async (program, { cancelled }) => (await import("./commands/send.ts")).addSend(program, cancelled),
  receive: async (program, { cancelled }) => (await import("./commands/receive.ts")).addReceive(program, cancelled),
  models: async (program, { cancelled }) => (await import("./commands/models.ts")).addModels(program, cancelled),
  "export-c": async (program, { cancelled }) => (await import("./commands/export-c.ts")).addExportC(program, cancelled),
  completion: async (program) => (await import("./commands/completion.ts")).addCompletion(program),
};

/**
 * The command line.
 * @param version shown by --version
 * @param signals cancel the work
 * @param first argument: where it names a command, or asks for the version, the others are left out
 */
export async function createProgram(version: string, signals: Signals, first?: string): Promise<Command> {
  const program = new Command("twelvehz")
    .description("Speech to codes and back: 16 layers of 2048 codes, 12.5 frames a second, 2.2 kbit/s.")
    .version(version)
    .configureOutput({ outputError: (text, write) => write(usageLine(text)) })
    .addHelpText(
      "after",
      `${examples("twelvehz roundtrip talk.mp3 -o out.wav\ntwelvehz encode talk.mp3 -o talk.t12\ntwelvehz decode talk.t12 -o talk.wav")}\n\nExit status:\n    0  done\n    3  done in part: something of an input is damaged or missing, or some of several inputs failed\n${EXIT_STATUSES}`,
    );
  const commands = program as unknown as Command;
  for (const add of commandsFor(first)) await add(commands, signals);
  return commands;
}

/** The commands that a command line with this first argument can need. */
function commandsFor(first: string | undefined): readonly Adding[] {
  if (first === "--version" || first === "-V") return [];
  const named = Object.entries(COMMANDS).find(([name]) => name === first && name !== "completion"); // which tells of all
  return named ? [named[1]] : Object.values(COMMANDS);
}

/** A command and all commands below it. */
export function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap((below) => withSubcommands(below as unknown as Command))];
}
