/** What the commands below `twelvehz models` share. */
import { Option } from "@commander-js/extra-typings";

/** Options that each of them has. */
export interface ModelsCommandOptions {
  readonly json?: boolean | undefined;
}

/** What may be named. */
export const ONE_NAME = "compact, a folder, or a model of a hub as OWNER/NAME";
/** Which version of a model on a hub. */
export const revisionOption: Option<"--revision <name>"> = new Option(
  "--revision <name>",
  "branch, tag or commit; default: main, on ModelScope master",
);
