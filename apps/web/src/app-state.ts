/**
 * What the whole page shares. A tab reads these signals while it renders and is rendered again when
 * they change.
 *
 * The clip is chosen above the tabs (`SourcePanel`), so a tab that works on a clip only takes
 * `clip.value`; it puts what it makes into `codes` and `reconstruction`, where the other tabs find
 * it. A new clip clears both.
 */
import type { Audio, Codec, Codes } from "@twelvehz/codec/web";
import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { recall } from "./preferences.ts";

export { type Language, language } from "./words.ts";

/** Where encoding and decoding run. */
export type Where = "browser" | "server";
/**
 * The places that there are: a page that was built as files for any host has no server behind it.
 */
export const PLACES: readonly Where[] = import.meta.env.MODE === "demo" ? ["browser"] : ["browser", "server"];

/** The models that run in this browser: ours, which comes with the page, and the published one. */
export type LocalModel = "compact" | "published";
/** Both. */
export const LOCAL_MODELS: readonly LocalModel[] = ["compact", "published"];

/** How the page looks. `undefined` in {@link theme} follows the system. */
export type Theme = "light" | "dark";
/** Both themes. */
const THEMES: readonly Theme[] = ["light", "dark"];

/** The tabs, in their order. Each has the address `#name`. */
export type Tab = "roundtrip" | "steps" | "compare" | "live" | "call";
/** All tabs; a call needs a server, where both ends find each other. */
export const TABS: readonly Tab[] = ["roundtrip", "steps", "compare", "live", ...(PLACES.includes("server") ? (["call"] as const) : [])];

/** How far opening a model is. */
export type ModelState =
  /** It was not asked for yet. */
  | { readonly kind: "absent" }
  /** `progress` is 0 to 1, or undefined while the size is not known. */
  | { readonly kind: "loading"; readonly progress: number | undefined }
  /** All of it is there; networks are built, and files of the page are kept. */
  | { readonly kind: "preparing" }
  | { readonly kind: "ready"; readonly coder: Codec }
  | { readonly kind: "failed"; readonly error: unknown }
  /** It was ready, and does not answer now; it is looked for. */
  | { readonly kind: "lost"; readonly error: unknown };

/** A clip that was chosen or recorded. */
export interface Clip {
  /** Name of the file, or of the scene or recording. */
  readonly name: string;
  /** Mono, 24 kHz, at most {@link MAX_SECONDS}. */
  readonly audio: Audio;
  /** Who made it, where that is to be said. */
  readonly credit?: string;
  /**
   * The voice alone, where the clip is noisy and that is known: as long as the clip, at its rate.
   */
  readonly clean?: Audio;
}

/** Longest clip that the page takes, seconds. */
export const MAX_SECONDS = 300;

/** Theme that was chosen, or undefined to follow the system. */
export const theme: Signal<Theme | undefined> = signal(recall("theme", THEMES));
/** Where the codec runs. */
export const where: Signal<Where> = signal(recall("where", PLACES) ?? "browser");
/** The tab that is shown. */
export const tab: Signal<Tab> = signal("roundtrip");

/** The codec in this browser, by a worker. */
export const browserModel: Signal<ModelState> = signal({ kind: "loading", progress: undefined });
/** Which model runs in this browser. */
export const localModel: Signal<LocalModel> = signal(recall("local-model", LOCAL_MODELS) ?? "compact");
/** The published model in this browser; fetched when the user asks for it. */
export const publishedModel: Signal<ModelState> = signal({ kind: "absent" });
/** Whether the page codes with the published model in this browser. */
export const usesPublished: ReadonlySignal<boolean> = computed(() => where.value === "browser" && localModel.value === "published");
/** The codec of the server; asked for when it is chosen. */
export const serverModel: Signal<ModelState> = signal({ kind: "loading", progress: undefined });
/** The codec of the place that is chosen. */
export const model: ReadonlySignal<ModelState> = computed(() => {
  if (where.value === "server") return serverModel.value;
  return usesPublished.value ? publishedModel.value : browserModel.value;
});
/** What codes and decodes at the place that is chosen, once it is ready. */
export const coder: ReadonlySignal<Codec | undefined> = computed(() => (model.value.kind === "ready" ? model.value.coder : undefined));
/** The codec in this browser, once it is ready, wherever the page codes: for calls. */
export const codec: Signal<Codec | undefined> = signal(undefined);

/** The clip that all tabs work on. Set by {@link chooseClip}. */
export const clip: Signal<Clip | undefined> = signal(undefined);
/** Codes of the clip, or codes that were loaded or edited. */
export const codes: Signal<Codes | undefined> = signal(undefined);
/** What became of the codes: 24 kHz mono. */
export const reconstruction: Signal<Audio | undefined> = signal(undefined);

/** Whether the choice of a clip is folded to one line, so that what is made of it is in view. */
export const isSourceFolded: Signal<boolean> = signal(false);

/** Takes a new clip: what was made of the last one is cleared. */
export function chooseClip(chosen: Clip | undefined): void {
  batch(() => {
    clip.value = chosen;
    codes.value = undefined;
    reconstruction.value = undefined;
  });
}
