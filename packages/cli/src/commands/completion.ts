import type { Command } from "@commander-js/extra-typings";

/** Shells for which there is completion. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** What a command offers. */
interface Words {
  readonly command: string;
  readonly summary: string;
  readonly options: readonly { readonly flag: string; readonly description: string }[];
}

function wordsOf(program: Command): Words[] {
  return program.commands.map((command) => ({
    command: command.name(),
    summary: command.summary() || command.description(),
    options: command.options.map((option) => ({ flag: option.long ?? option.short ?? "", description: option.description })),
  }));
}

/** A script that teaches a shell the commands and options, from their definitions. */
export function completionScript(program: Command, shell: (typeof SHELLS)[number]): string {
  const words = wordsOf(program);
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](words);
}

function bashScript(words: readonly Words[]): string {
  const cases = words.map(({ command, options }) => `    ${command}) words="${options.map(({ flag }) => flag).join(" ")} --help" ;;`);
  return `# twelvehz completion for bash: source <(twelvehz completion bash)
_twelvehz() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    *) words="${words.map(({ command }) => command).join(" ")} --help --version" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="${words.map(({ command }) => command).join(" ")} --help --version"
  if [[ "$current" == -* || "$COMP_CWORD" -eq 1 ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); else COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _twelvehz twelvehz
`;
}

const quoted = (text: string): string => text.replaceAll("'", "'\\''");

function zshScript(words: readonly Words[]): string {
  const plain = (text: string): string => quoted(text).replaceAll(/[[\]:]/g, " ");
  const cases = words.map(({ command, options }) => {
    const specs = options.map(({ flag, description }) => `'${flag}[${plain(description)}]'`).join(" ");
    return `    ${command}) _arguments ${specs} '*:file:_files' ;;`;
  });
  return `#compdef twelvehz
# twelvehz completion for zsh: source <(twelvehz completion zsh)
_twelvehz() {
  if (( CURRENT == 2 )); then
    local -a commands=(${words.map(({ command, summary }) => `'${command}:${plain(summary)}'`).join(" ")})
    _describe command commands
    return
  fi
  case "$words[2]" in
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
  const options = words.flatMap(({ command, options: list }) =>
    list.map(
      ({ flag, description }) =>
        `complete -c twelvehz -n '__fish_seen_subcommand_from ${command}' -l ${flag.replace(/^--/, "")} -d '${quoted(description)}'`,
    ),
  );
  return `# twelvehz completion for fish: twelvehz completion fish | source\n${[...commands, ...options].join("\n")}\n`;
}
