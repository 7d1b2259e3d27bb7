import type { ListedModel, ModelsReply, ReadyReply } from "@twelvehz/server";
import { effect, signal, type ReadonlySignal } from "@preact/signals";
import { serverModel, where } from "../app-state.ts";
import { ask, ServerCoder } from "./server-coder.ts";

/** Between two questions whether the server is ready, milliseconds. */
const POLL_MS = 300;
/** Between two looks whether the server still answers, milliseconds. */
const WATCH_MS = 3000;

const listed = signal<readonly ListedModel[]>([]);
const chosen = signal<string | undefined>(undefined);

/** Models that are installed on the server, once it was asked. */
export const serverModels: ReadonlySignal<readonly ListedModel[]> = listed;
/** The one that is used. */
export const serverModelName: ReadonlySignal<string | undefined> = chosen;

/**
 * Waits until the server is ready and takes its default model, or the one that was chosen before:
 * `serverModel` says how far it is.
 */
export async function openServerModel(): Promise<void> {
  if (serverModel.peek().kind === "ready") return;
  serverModel.value = { kind: "loading", progress: undefined };
  try {
    const info = await readyModel();
    listed.value = ((await (await ask("v1/models")).json()) as ModelsReply).models;
    const name = chosen.peek() ?? listed.peek().find((model) => model.default)?.name ?? info.name;
    chosen.value = name;
    serverModel.value = { kind: "ready", coder: new ServerCoder(name, listed.peek().find((model) => model.name === name)?.info ?? info) };
  } catch (error) {
    serverModel.value = { kind: "failed", error };
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

/** Uses another model of the server. */
export function chooseServerModel(name: string): void {
  const facts = listed.peek().find((model) => model.name === name)?.info;
  const now = serverModel.peek();
  if (now.kind !== "ready") return;
  chosen.value = name;
  serverModel.value = { kind: "ready", coder: new ServerCoder(name, facts ?? { ...now.coder.info, name, id: "" }) };
}

async function readyModel(): Promise<NonNullable<ReadyReply["model"]>> {
  for (;;) {
    const { model, progress } = await readiness();
    if (model) return model;
    serverModel.value = { kind: "loading", progress };
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
