import type { Command } from "@commander-js/extra-typings";
import { PUBLISHED_MODEL } from "@twelvehz/codec/node";
import { examples } from "../options.ts";
import { addList } from "./models/list.ts";
import { addPull } from "./models/pull.ts";
import { addUse } from "./models/use.ts";
import { addVerify } from "./models/verify.ts";
import { addRemove } from "./models/remove.ts";
import { addPath } from "./models/path.ts";

/** Adds `twelvehz models` and what is below it. */
export function addModels(program: Command, signal: AbortSignal): void {
  const models = program
    .command("models")
    .summary("list, download, choose, check and remove models")
    .description(
      "Models of the two public hubs, in the cache that Python programs use too (HF_HOME, HF_HUB_CACHE): what they have downloaded is found here, and the other way round.",
    )
    .addHelpText(
      "after",
      examples(`twelvehz models pull ${PUBLISHED_MODEL}\ntwelvehz models use ${PUBLISHED_MODEL}\ntwelvehz models list`),
    ) as unknown as Command;
  addList(models);
  addPull(models, signal);
  addUse(models);
  addVerify(models, signal);
  addRemove(models);
  addPath(models);
}
