import { resolve } from "node:path";
import {
  chooseModel,
  CodecError,
  COMPACT,
  type HubName,
  isUsableModel,
  listCachedModels,
  modelBytes,
  PUBLISHED_MODEL,
  parseHubId,
  pullModel,
  type PullOptions,
  readSettings,
  removeModel,
  resolveModel,
  settingsPath,
  type VerifiedFile,
  verifyModel,
  writeSettings,
} from "@twelvehz/codec/node";
import { DownloadBar } from "../progress.ts";
import { formatBytes, formatSeconds, printReport, type Report } from "../report.ts";

/** Options that every command below `twelvehz models` has. */
export interface ModelsCommandOptions {
  readonly json?: boolean | undefined;
}

/** Options of `twelvehz models pull`. */
export interface PullCommandOptions extends ModelsCommandOptions {
  readonly hub: HubName;
  readonly endpoint?: string | undefined;
  readonly revision?: string | undefined;
  readonly offline?: boolean | undefined;
}

/** Options of `twelvehz models remove`. */
export interface RemoveCommandOptions extends ModelsCommandOptions {
  readonly revision?: string | undefined;
}

/** One line of the list. */
interface ListedModel {
  readonly name: string;
  readonly folder: string;
  readonly bytes: number;
  readonly source: "package" | "hf" | "modelscope" | "folder";
  readonly default: boolean;
}

/** `twelvehz models list`: what can be used, and what is used by default. */
export async function listCommand(options: ModelsCommandOptions): Promise<void> {
  const chosen = chooseModel();
  const models = everyModel(chosen.name);
  const missing = models.some((model) => model.default) ? [] : [[chosen.name, "is the default, but is not there"] as const];
  const report: Report = {
    title: "models",
    rows: [...models.map(listRow), ...missing],
    json: { default: chosen.name, chosenBy: chosen.chosenBy, models },
  };
  printReport(report, options);
}

function everyModel(chosen: string): ListedModel[] {
  const known = [
    { name: COMPACT, folder: resolveModel(COMPACT).folder, source: "package" as const },
    ...listCachedModels(process.env).map(({ name, folder, cache }) => ({ name, folder, source: cache })),
  ];
  const folder = known.some(({ name }) => name === chosen) ? undefined : usableFolder(chosen);
  const all = folder === undefined ? known : [...known, { name: chosen, folder, source: "folder" as const }];
  return all.map((model) => ({ ...model, bytes: modelBytes(model.folder), default: model.name === chosen }));
}

function usableFolder(name: string): string | undefined {
  try {
    const { folder } = resolveModel(name);
    return isUsableModel(folder) ? folder : undefined;
  } catch (error) {
    if (error instanceof CodecError && error.code === "not-found") return undefined;
    throw error;
  }
}

const PLACES: Readonly<Record<ListedModel["source"], string>> = {
  package: "comes with twelvehz",
  hf: "downloaded",
  modelscope: "downloaded by ModelScope's program",
  folder: "a folder",
};

function listRow(model: ListedModel): [string, string] {
  return [model.name, `${formatBytes(model.bytes)}, ${PLACES[model.source]}${model.default ? ", default" : ""}`];
}

/** `twelvehz models pull`: models into the cache. */
export async function pullCommand(names: readonly string[], options: PullCommandOptions, signal: AbortSignal): Promise<void> {
  for (const name of names.length > 0 ? names : [PUBLISHED_MODEL]) printReport(await pullOne(name, options, signal), options);
}

async function pullOne(name: string, options: PullCommandOptions, signal: AbortSignal): Promise<Report> {
  const bar = new DownloadBar(`pull ${name}`);
  const began = performance.now();
  const { hub, endpoint, revision, offline } = options;
  const pull: PullOptions = { hub, endpoint, revision, offline, signal, onProgress: bar.update };
  try {
    const model = await pullModel(name, pull);
    const seconds = (performance.now() - began) / 1000;
    const rate = `${formatBytes(Math.round(model.downloadedBytes / seconds))}/s`;
    const fetched = model.downloadedBytes > 0 ? `${formatBytes(model.downloadedBytes)} in ${formatSeconds(seconds)}, ${rate}` : "nothing";
    return {
      title: `${name}: ${model.downloadedBytes > 0 ? "downloaded" : "is there already"}`,
      rows: [
        ["files", `${model.files.length}, ${formatBytes(model.bytes)}`],
        ["downloaded", fetched],
        ...(model.commit === undefined ? [] : [["commit", model.commit] as const]),
        ["folder", model.folder],
        ["next", `twelvehz models use ${name}`],
      ],
      json: { ...model, hub, seconds },
    };
  } finally {
    bar.stop();
  }
}

/** `twelvehz models use`: the default model. */
export async function useCommand(name: string, options: ModelsCommandOptions): Promise<void> {
  const { folder } = resolveModel(name);
  if (!isUsableModel(folder))
    throw new CodecError(
      "bad-model",
      `Cannot use the model in "${folder}": it is not complete or of another kind; "twelvehz models verify" says more`,
    );
  const model = name === COMPACT || resolve(name) !== folder ? name : folder; // a folder must be found from any other
  const settings = await writeSettings({ model });
  const now = chooseModel();
  printReport(
    {
      title: `${model} is the default now`,
      rows: [
        ["folder", folder],
        ["settings", settings],
        ...(now.chosenBy === "environment" ? [["but", `TWELVEHZ_MODEL names ${now.name}, which comes first`] as const] : []),
      ],
      json: { name: model, folder, settings },
    },
    options,
  );
}

/** `twelvehz models verify`: what is wrong with the files of models, if anything. */
export async function verifyCommand(names: readonly string[], options: ModelsCommandOptions, signal: AbortSignal): Promise<void> {
  const damaged: string[] = [];
  for (const name of names.length > 0 ? names : [undefined]) {
    const model = await verifyModel(name, { signal });
    if (!model.ok) damaged.push(model.name);
    const title = `${model.name}: ${model.ok ? "every file is right" : "damaged"}`;
    printReport({ title, rows: [...model.files.map(verifiedRow), ["folder", model.folder]], json: { ...model } }, options);
  }
  if (damaged.length === 0) return;
  const pull = damaged.find((name) => parseHubId(name));
  const remedy = pull === undefined ? "copy it again" : `run "twelvehz models pull ${pull}", which replaces what is wrong`;
  throw new CodecError("bad-model", `Cannot use ${damaged.map((name) => `"${name}"`).join(", ")}: files are damaged or missing; ${remedy}`);
}

function verifiedRow({ file, bytes, digest, problem }: VerifiedFile): [string, string] {
  const checked = digest ? `${digest.algorithm} ${digest.hex.slice(0, 16)}…` : "its digest is not known, its form is right";
  return [file, problem === undefined ? `${formatBytes(bytes)}, ${checked}` : `WRONG: ${problem}`];
}

/** `twelvehz models remove`: models out of the cache. */
export async function removeCommand(names: readonly string[], options: RemoveCommandOptions): Promise<void> {
  for (const name of names) {
    const removed = await removeModel(name, { revision: options.revision });
    const reset = readSettings().model === name && removed.keptRevisions === 0;
    if (reset) await writeSettings({ model: undefined });
    const rows: Report["rows"] = [
      ["freed", `${formatBytes(removed.freedBytes)}, ${removed.files} files`],
      ...(removed.commit === undefined ? [] : [["commit", removed.commit] as const]),
      ...(removed.keptRevisions > 0 ? [["kept", `${removed.keptRevisions} other revisions`] as const] : []),
      ...(reset ? [["default", `${COMPACT} again; it was set in ${settingsPath()}`] as const] : []),
    ];
    printReport({ title: `${name}: removed`, rows, json: { ...removed, defaultReset: reset } }, options);
  }
}

/** `twelvehz models path`: the folder, alone on a line. */
export async function pathCommand(name: string | undefined, options: ModelsCommandOptions): Promise<void> {
  const model = resolveModel(name);
  process.stdout.write(options.json ? `${JSON.stringify(model)}\n` : `${model.folder}\n`);
}
