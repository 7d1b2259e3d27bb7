/**
 * The published model in this browser. Its decoder is fetched alone when the user asks for it, and
 * kept; where it decodes, processor or graphics card, is the user's choice.
 */
import { CodecError, type DeviceName, findGraphics, type FoundGraphics, type LoadProgress, openCodec } from "@twelvehz/codec/web";
import { computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { publishedModel, usesPublished } from "../app-state.ts";
import { isCancelled } from "../components/error-text.tsx";
import { keepPage } from "../offline/keep-page.ts";
import { recall, recallText, remember } from "../preferences.ts";

/** Where decoders can run. */
export type DecodingPlace = "processor" | "card";
/** Both. */
export const DECODING_PLACES: readonly DecodingPlace[] = ["processor", "card"];

/** Where the server of the page, or its host of files, may have the model. */
const BESIDE_PAGE = "model/published/";
/** Where the server of the page gives its decoder with weights of 16 bits. */
const HALVED_BESIDE_PAGE = `${BESIDE_PAGE}float16/`;
/** Where it was published. */
const PUBLIC_HUB = "https://huggingface.co/Qwen/Qwen3-TTS-Tokenizer-12Hz/resolve/main/";
/** What is remembered: the address of a model that was opened, and the place that was chosen. */
const [ADDRESS, PLACE] = ["published-address", "published-place"];

/** Folder on a web server from which the model comes, as it stands in the form. */
export const address: Signal<string> = signal(recallText(ADDRESS) ?? "");
/** Whether it lies beside the page; undefined while that is not known. */
export const isBesidePage: Signal<boolean | undefined> = signal(undefined);
/** Whether the server of the page gives it with weights of 16 bits, too. */
export const isHalfOffered: Signal<boolean> = signal(false);
/** Whether it is to come so. */
export const isHalved: ReadonlySignal<boolean> = computed(() => address.value === HALVED_BESIDE_PAGE);
/** The graphics card, once it was looked for. */
export const graphics: Signal<FoundGraphics | undefined> = signal(undefined);
/** How much of the weights has come of those that were asked for so far. */
export const arrived: Signal<LoadProgress | undefined> = signal(undefined);
/** What the model told of its card: why it is not used, or that it was lost. English. */
export const cardNote: Signal<string | undefined> = signal(undefined);

const chosenPlace: Signal<DecodingPlace | undefined> = signal(recall(PLACE, DECODING_PLACES));

/** Where decoders run: as chosen, else on a card that is one. */
export const decodingPlace: ReadonlySignal<DecodingPlace> = computed(() => {
  if (!hasAdapter.value) return "processor";
  return chosenPlace.value ?? (graphics.value?.lack === undefined ? "card" : "processor");
});
/** Whether there is an adapter to choose. */
export const hasAdapter: ReadonlySignal<boolean> = computed(() => {
  const { name, lack } = graphics.value ?? {};
  return name !== undefined && (lack === undefined || lack === "played");
});

/** Cancels the opening that is under way. */
let opening: AbortController | undefined;

/**
 * Once the published model is chosen, looks for a card and for the model; opens it where it was
 * opened before. When another is chosen, frees it: what was fetched stays in the cache of the browser.
 */
export function openPublishedModelWhenNeeded(): void {
  effect(() => {
    const isUsed = usesPublished.value;
    untracked(() => void (isUsed ? begin() : leave()));
  });
}

/** Fetches what is not here yet, and opens the model; `publishedModel` says how far it is. */
export async function openPublishedModel(): Promise<void> {
  await leave();
  const cancel = new AbortController();
  opening = cancel;
  cardNote.value = undefined;
  publishedModel.value = { kind: "loading", progress: undefined };
  try {
    const codec = await openCodec(new URL(address.peek(), document.baseURI), {
      weights: "decoder",
      device: device(),
      decoderWeights: isHalved.peek() ? "float16" : "float32",
      signal: cancel.signal,
      onProgress: (progress) => opening === cancel && tell(progress),
      onNote: (note) => (cardNote.value = note),
    });
    publishedModel.value = { kind: "preparing" };
    await Promise.all([codec.prepare({ decoder: true }), keepPage()]).catch(async (error: unknown) => {
      await codec.close().catch(() => undefined);
      throw error;
    });
    if (cancel.signal.aborted) {
      await codec.close();
      throw new CodecError("aborted", "The work was cancelled");
    }
    publishedModel.value = { kind: "ready", coder: codec };
    remember(ADDRESS, address.peek());
  } catch (error) {
    if (opening === cancel) publishedModel.value = isCancelled(error) ? { kind: "absent" } : { kind: "failed", error };
  }
}

/** Gives the opening up. What has come is kept. */
export function cancelOpening(): void {
  opening?.abort();
}

/** Has the decoder come with weights of 16 bits from now on, or of 32. */
export function chooseHalved(yes: boolean): void {
  address.value = yes ? HALVED_BESIDE_PAGE : BESIDE_PAGE;
}

/** Has decoders run elsewhere from now on: opens the model again, where it is open. */
export function chooseDecodingPlace(place: DecodingPlace): void {
  chosenPlace.value = place;
  remember(PLACE, place);
  const { kind } = publishedModel.peek();
  if (kind !== "absent") void openPublishedModel();
}

async function begin(): Promise<void> {
  graphics.value ??= await findGraphics();
  if (recallText(ADDRESS) !== undefined) {
    if (usesPublished.peek() && publishedModel.peek().kind === "absent") await openPublishedModel();
    return;
  }
  isBesidePage.value ??= await lies(BESIDE_PAGE);
  if (address.peek() === "") address.value = isBesidePage.peek() ? BESIDE_PAGE : PUBLIC_HUB;
  isHalfOffered.value = isBesidePage.peek() === true && (await lies(HALVED_BESIDE_PAGE));
}

async function leave(): Promise<void> {
  cancelOpening();
  opening = undefined;
  const before = publishedModel.peek();
  publishedModel.value = { kind: "absent" };
  if (before.kind === "ready") await before.coder.close().catch(() => undefined);
}

function tell(progress: LoadProgress): void {
  arrived.value = progress;
  const { loadedBytes, totalBytes } = progress;
  if (publishedModel.peek().kind === "loading")
    publishedModel.value =
      totalBytes && loadedBytes === totalBytes
        ? { kind: "preparing" }
        : { kind: "loading", progress: totalBytes ? loadedBytes / totalBytes : undefined };
}

/** An adapter that only plays a card is taken where it was chosen; another only if it passes its check. */
function device(): DeviceName {
  if (decodingPlace.peek() === "processor") return "cpu";
  return graphics.peek()?.lack === "played" ? "webgpu" : "auto";
}

/** Whether a folder holds a model. */
async function lies(folder: string): Promise<boolean> {
  const answer = await fetch(new URL(`${folder}config.json`, document.baseURI), { cache: "no-cache" }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.ok === true && !answer.headers.get("content-type")?.startsWith("text/html"); // hosts of pages answer so for what they do not have
}
