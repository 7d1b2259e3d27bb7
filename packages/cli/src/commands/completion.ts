import { Argument, type Command } from "@commander-js/extra-typings";
import { examples } from "../options.ts";

/** Shells for which there is completion. */
const SHELLS = ["bash", "zsh", "fish"] as const;

/** Adds `twelvehz completion`. */
export function addCompletion(program: Command): void {
  program
    .command("completion")
    .summary("completion of commands and options for a shell")
    .description("Prints a script that teaches a shell the commands and options.")
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .addHelpText("after", examples("source <(twelvehz completion bash)\ntwelvehz completion fish | source"))
    .action((shell) => void process.stdout.write(completionScript(program, shell)));
}

/** What a command offers. */
interface Words {
  readonly command: string;
  readonly summary: string;
  readonly options: readonly { readonly flag: string; readonly description: string }[];
  /** Commands below it. */
  readonly below: readonly Words[];
}

function wordsOf(program: Command): Words[] {
  return program.commands.map((command) => ({
    command: command.name(),
    summary: command.summary() || command.description(),
    options: command.options.map((option) => ({ flag: option.long ?? option.short ?? "", description: option.description })),
    below: wordsOf(command as unknown as Command),
  }));
}

/** What may follow a command, for bash: its options, or the commands below it. */
function following({ options, below }: Words): string {
  return [...below.map(({ command }) => command), ...options.map(({ flag }) => flag), "--help"].join(" ");
}

/** A script that teaches a shell the commands and options, from their definitions. */
function completionScript(program: Command, shell: (typeof SHELLS)[number]): string {
  const words = wordsOf(program);
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](words);
}

function bashScript(words: readonly Words[]): string {
  const cases = words
    .flatMap((word) => [
      ...word.below.map((sub) => [`"${word.command} ${sub.command}"`, sub] as const),
      [`"${word.command} "*`, word] as const,
    ])
    .map(([pattern, word]) => `    ${pattern}) words="${following(word)}" ;;`);
  const groups = words.filter(({ below }) => below.length > 0).map(({ command }) => command);
  return `# twelvehz completion for bash: source <(twelvehz completion bash)
_twelvehz() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${cases.join("\n")}
    *) words="${words.map(({ command }) => command).join(" ")} --help --version" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${words.map(({ command }) => command).join(" ")} --help --version"
  if [[ "$current" == -* || "$COMP_CWORD" -eq 1 || ( "$COMP_CWORD" -eq 2 && " ${groups.join(" ")} " == *" \${COMP_WORDS[1]} "* ) ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); else COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _twelvehz twelvehz
`;
}

const quoted = (text: string): string => text.replaceAll("'", "'\\''");

function zshScript(words: readonly Words[]): string {
  const plain = (text: string): string => quoted(text).replaceAll(/[[\]:]/g, " ");
  const named = (list: readonly Words[]): string => list.map(({ command, summary }) => `'${command}:${plain(summary)}'`).join(" ");
  const specs = ({ options }: Words): string => options.map(({ flag, description }) => `'${flag}[${plain(description)}]'`).join(" ");
  const cases = words.flatMap((word) => [
    ...word.below.map((sub) => `    "${word.command} ${sub.command}") _arguments ${specs(sub)} '*:file:_files' ;;`),
    word.below.length > 0
      ? `    "${word.command} "*) local -a below=(${named(word.below)}); _describe command below ;;`
      : `    "${word.command} "*) _arguments ${specs(word)} '*:file:_files' ;;`,
  ]);
  return `#compdef twelvehz
# twelvehz completion for zsh: source <(twelvehz completion zsh)
_twelvehz() {
  if (( CURRENT == 2 )); then
    local -a commands=(${named(words)})
    _describe command commands
    return
  fi
  case "$words[2] $words[3]" in
${cases.join("\n")}
  esac
}
compdef _twelvehz twelvehz
`;
}

function fishScript(words: readonly Words[]): string {
  const commands = words.map(
    ({ command, summary }) => `complete -c twelvehz -n __fish_use_subcommand -a ${command} -d '${quoted(summary)}'`,
  );
  const options = (condition: string, list: Words["options"]): string[] =>
    list.map(({ flag, description }) => `complete -c twelvehz -n '${condition}' -l ${flag.replace(/^--/, "")} -d '${quoted(description)}'`);
  const rest = words.flatMap((word) => {
    const seen = `__fish_seen_subcommand_from ${word.command}`;
    const names = word.below.map(({ command }) => command).join(" ");
    const below = word.below.flatMap((sub) => [
      `complete -c twelvehz -n '${seen}; and not __fish_seen_subcommand_from ${names}' -a ${sub.command} -d '${quoted(sub.summary)}'`,
      ...options(`${seen}; and __fish_seen_subcommand_from ${sub.command}`, sub.options),
    ]);
    return [...below, ...options(seen, word.options)];
  });
  return `# twelvehz completion for fish: twelvehz completion fish | source\n${[...commands, ...rest].join("\n")}\n`;
}
