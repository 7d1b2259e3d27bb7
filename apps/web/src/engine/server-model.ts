import { connectCodec } from "@twelvehz/client";
import type { ListedModel, ModelsReply, ReadyReply } from "@twelvehz/server";
import { effect, signal, type ReadonlySignal } from "@preact/signals";
import { MAX_SECONDS, type ModelState, serverModel, where } from "../app-state.ts";
import { ask } from "./ask-server.ts";

/** Between two questions whether the server is ready, milliseconds. */
const POLL_MS = 300;
/** Between two looks whether the server still answers, milliseconds. */
const WATCH_MS = 3000;
/** What is sent again to a server that was started anew: a whole clip, and not hours of live sound. */
const KEEP_SECONDS = MAX_SECONDS + 1;

const listed = signal<readonly ListedModel[]>([]);
const chosen = signal<string | undefined>(undefined);

/** Models that are installed on the server, once it was asked. */
export const serverModels: ReadonlySignal<readonly ListedModel[]> = listed;
/** The one that is used. */
export const serverModelName: ReadonlySignal<string | undefined> = chosen;

/** Counts what was chosen: what has been overtaken gives up. */
let turn = 0;

/**
 * Waits until the server is ready and takes its default model, or the one that was chosen before:
 * `serverModel` says how far it is. Sound and codes then go over streams that survive a connection.
 */
export async function openServerModel(): Promise<void> {
  if (serverModel.peek().kind !== "ready") await open(chosen.peek());
}

/** Uses another model of the server, which may have to open it. */
export function chooseServerModel(name: string): void {
  void open(name);
}

/** Takes the key that the server wants, for as long as the page is open, and opens its model. */
export async function giveServerKey(given: string): Promise<void> {
  key = given;
  await open(chosen.peek());
}

let key: string | undefined;

/** Whether one was given. */
export function hasServerKey(): boolean {
  return key !== undefined;
}

/** A token for one connection or question; undefined where no key was given. */
async function token(): Promise<string | undefined> {
  if (key === undefined) return undefined;
  return ((await (await ask("v1/tokens", { method: "POST", key })).json()) as { token: string }).token;
}

async function open(wanted: string | undefined): Promise<void> {
  const mine = ++turn;
  const tell = (state: ModelState): void => {
    if (mine === turn) serverModel.value = state;
  };
  tell({ kind: "loading", progress: undefined });
  try {
    const { name: first } = await readyModel(tell);
    listed.value = ((await (await ask("v1/models", { key: await token() })).json()) as ModelsReply).models;
    const model = wanted ?? listed.peek().find((one) => one.default)?.name ?? first;
    if (mine === turn) chosen.value = model;
    const folder = String(new URL(".", document.baseURI));
    tell({
      kind: "ready",
      coder: await connectCodec(folder, {
        model,
        keepSeconds: KEEP_SECONDS,
        ...(key !== undefined && { key: async () => (await token()) ?? "" }),
      }),
    });
  } catch (error) {
    tell({ kind: "failed", error });
  }
}

/** Asks for the model of the server as soon as the server is chosen. */
export function openServerModelWhenNeeded(): void {
  let isAsked = false;
  effect(() => {
    if (isAsked || where.value !== "server") return;
    isAsked = true;
    void openServerModel();
  });
}

/**
 * As long as the server is chosen, looks whether it still answers: `serverModel` is lost when it
 * does not, and opened again when it does.
 */
export function watchServer(): void {
  const look = async (): Promise<void> => {
    const { kind } = serverModel.peek();
    if (where.peek() !== "server" || (kind !== "ready" && kind !== "lost")) return;
    try {
      await ask("healthz");
      if (serverModel.peek().kind === "lost") await openServerModel();
    } catch (error) {
      if (serverModel.peek().kind === "ready") serverModel.value = { kind: "lost", error };
    }
  };
  setInterval(() => void look(), WATCH_MS);
  globalThis.addEventListener("offline", () => void look());
}

async function readyModel(tell: (state: ModelState) => void): Promise<NonNullable<ReadyReply["model"]>> {
  for (;;) {
    const { model, progress } = await readiness();
    if (model) return model;
    tell({ kind: "loading", progress });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Status 503 while it is loading is no failure; one that says another reason is. */
async function readiness(): Promise<ReadyReply> {
  const answer = await fetch(new URL("readyz", document.baseURI)).catch(() => undefined);
  const reply = (await answer?.json().catch(() => undefined)) as ReadyReply | undefined;
  if (reply?.ready || reply?.error?.code === "loading") return reply;
  await ask("readyz"); // says what is wrong
  return readiness();
}
