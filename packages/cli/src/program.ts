/** The command line: what there is, and help. Each command is a file in commands/. */
import { Command } from "@commander-js/extra-typings";
import { ERROR_TABLE } from "@twelvehz/codec/node";
import { addAtlas } from "./commands/atlas.ts";
import { addCall } from "./commands/call.ts";
import { addCorpus } from "./commands/corpus.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDecode } from "./commands/decode.ts";
import { addEncode } from "./commands/encode.ts";
import { addEval } from "./commands/eval.ts";
import { addExportC } from "./commands/export-c.ts";
import { addInfo } from "./commands/info.ts";
import { addModels } from "./commands/models.ts";
import { addReceive } from "./commands/receive.ts";
import { addRoundtrip } from "./commands/roundtrip.ts";
import { addSend } from "./commands/send.ts";
import { addServe } from "./commands/serve.ts";
import { addTop } from "./commands/top.ts";
import { addTokenize } from "./commands/tokenize.ts";
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

/**
 * The whole command line.
 * @param version shown by --version
 * @param signals cancel the work
 */
export function createProgram(version: string, signals: Signals): Command {
  const program = new Command("twelvehz")
    .description("Speech to codes and back: 16 layers of 2048 codes, 12.5 frames a second, 2.2 kbit/s.")
    .version(version)
    .configureOutput({ outputError: (text, write) => write(usageLine(text)) })
    .addHelpText(
      "after",
      `${examples("twelvehz roundtrip talk.mp3 -o out.wav\ntwelvehz encode talk.mp3 -o talk.t12\ntwelvehz decode talk.t12 -o talk.wav")}\n\nExit status:\n    0  done\n    3  done in part: something of an input is damaged or missing, or some of several inputs failed\n${EXIT_STATUSES}`,
    );
  const commands = program as unknown as Command;
  const { cancelled } = signals;
  addEncode(commands, cancelled);
  addDecode(commands, cancelled);
  addRoundtrip(commands, cancelled);
  addInfo(commands, cancelled);
  addServe(commands, signals);
  addTop(commands, cancelled);
  addAtlas(commands, cancelled);
  addEval(commands, cancelled);
  addTokenize(commands, cancelled);
  addCorpus(commands, cancelled);
  addCall(commands, cancelled);
  addSend(commands, cancelled);
  addReceive(commands, cancelled);
  addModels(commands, cancelled);
  addExportC(commands, cancelled);
  addCompletion(commands);
  return commands;
}

/** A command and all commands below it. */
export function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap((below) => withSubcommands(below as unknown as Command))];
}
