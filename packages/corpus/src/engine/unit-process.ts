/** A process of its own that computes units: a native crash ends it, and nothing else. */
import { type Codec, CodecError, messageOf, openCodec } from "@twelvehz/codec/node";
import { type Plan, readPlan } from "../plan/plan.ts";
import { openStore } from "../store/open-store.ts";
import { PassingFailure } from "../store/passing-failure.ts";
import { runUnit, type UnitContext } from "../unit/run-unit.ts";
import type { FromProcess, ProcessSetup, ToProcess } from "./messages.ts";

/** What a module that stands in for the codec exports. */
interface CodecModule {
  openCodec(model: string | undefined, options: { readonly threads?: number | undefined }): Promise<Codec>;
}

const setup = JSON.parse(process.argv[2] ?? "{}") as ProcessSetup;

function tell(message: FromProcess): void {
  if (process.connected) process.send?.(message);
}

async function open({ codecModule, model, spec }: Plan): Promise<Codec> {
  const module = codecModule === undefined ? { openCodec } : ((await import(codecModule)) as CodecModule);
  const codec = await module.openCodec(model, { threads: setup.threads });
  await codec.prepare({ encoder: true });
  if (codec.info.id === spec.model?.id) return codec;
  await codec.close();
  throw new CodecError(
    "model-mismatch",
    `Cannot go on in ${JSON.stringify(setup.address)}: its plan is for the model ${spec.model?.name} (${spec.model?.id}), here ${codec.info.name} (${codec.info.id}) is used; choose that model`,
  );
}

async function main(): Promise<void> {
  const store = await openStore(setup.address);
  const plan = await readPlan(store);
  if (!plan) throw new CodecError("not-found", `Cannot work on ${JSON.stringify(setup.address)}: there is no plan in it`);
  const codec = await open(plan);
  tell({ type: "ready" });
  const context: UnitContext = {
    store,
    plan,
    codec,
    onBegin: (entry) => tell({ type: "begin", entry }),
    onClip: (seconds, reject) => tell({ type: "clip", seconds, reject: reject?.code }),
  };
  process.on("message", ({ unit }: ToProcess) => {
    runUnit(context, unit).then((summary) => tell({ type: "done", summary }), fail);
  });
}

function fail(error: unknown): void {
  const code = error instanceof CodecError ? error.code : undefined;
  tell({ type: "failed", message: messageOf(error), code, mayPass: error instanceof PassingFailure });
}

process.on("disconnect", () => process.exit(0)); // whoever gave the work is gone, and someone else will
process.on("SIGINT", () => undefined); // of a terminal: the one who gave the work says what becomes of it
main().catch(fail);
