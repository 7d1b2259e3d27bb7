/**
 * What the tab works on: codes with their history, the layers that are heard, and the place in the
 * codes.
 */
import { type Audio, type Codes, DEFAULT_SPEC, framesPerSecond, samplesOf } from "@twelvehz/codec/web";
import { batch, computed, effect, signal, untracked, type ReadonlySignal, type Signal } from "@preact/signals";
import { clip, coder, codes as codesOfClip, tab } from "../app-state.ts";
import { type ChosenLayers, firstLayersOf } from "./chosen-layers.ts";
import { withoutFrames } from "./edit-codes.ts";
import { edited, type EditHistory, historyOf, redone, undone } from "./edit-history.ts";
import { chosenFrames, type FrameRange, type GridCursor, movedTo } from "./grid-cursor.ts";
import { codesOfBytes, type PasteTarget } from "./pasted-codes.ts";
import { decodeAgain, forgetSound, heard, transport } from "./sound-state.ts";

/** Where the codes are from. */
export interface CodesOrigin {
  readonly kind: "clip" | "file" | "text";
  /** Of the clip or the file; "" for text. */
  readonly name: string;
}

/** The codes with what was before and what was undone, or undefined before there are any. */
export const history: Signal<EditHistory<Codes> | undefined> = signal(undefined);
/** The codes as they are now. */
export const present: ReadonlySignal<Codes | undefined> = computed(() => history.value?.present);
/** Where the codes are from. */
export const origin: Signal<CodesOrigin> = signal({ kind: "text", name: "" });
/** Which layers are heard. */
export const chosen: Signal<ChosenLayers> = signal([]);
/** The place in the codes. */
export const cursor: Signal<GridCursor> = signal({ frame: 0, layer: 0, anchor: 0 });
/** Why the last edit was refused, or undefined. */
export const editError: Signal<unknown> = signal(undefined);
/** Why the last file was refused, or undefined. */
export const loadError: Signal<unknown> = signal(undefined);
/** Why the last text was refused, or undefined. */
export const pasteError: Signal<unknown> = signal(undefined);
/** Sound of the clip that the codes are from, where they are from one. */
export const original: ReadonlySignal<Audio | undefined> = computed(() =>
  history.value && origin.value.kind === "clip" ? clip.value?.audio : undefined,
);
/** What the codes must fit: facts of the model that is open, or undefined before it is. */
export function pasteTarget(): PasteTarget | undefined {
  const info = coder.peek()?.info;
  return info && { model: info, layers: info.layers, codebookSize: info.codebookSize };
}

/** Takes other codes: the history begins anew, all layers are on. */
export function takeCodes(codes: Codes, from: CodesOrigin): void {
  clear();
  batch(() => {
    history.value = historyOf(codes);
    origin.value = from;
    chosen.value = firstLayersOf(codes.layers, codes.layers);
    cursor.value = { frame: 0, layer: 0, anchor: 0 };
  });
}

/**
 * Takes the codes of a file as soon as a model is open that they must fit. Where they do not, the
 * codes stay as they are and {@link loadError} says why.
 */
export async function loadCodes(file: File): Promise<void> {
  loadError.value = undefined;
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    takeCodes(codesOfBytes(bytes, file.name, await targetWhenOpen()), { kind: "file", name: file.name });
  } catch (reason) {
    loadError.value = reason;
  }
}

function targetWhenOpen(): Promise<PasteTarget> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      const target = coder.value && pasteTarget();
      if (!target) return;
      queueMicrotask(() => stop());
      resolve(target);
    });
  });
}

/** Chooses the layers, and lets what they give be heard at once. */
export function chooseLayers(layers: ChosenLayers): void {
  chosen.value = layers;
  transport.hear("codes");
}

/** What an edit gives: the codes, and the frames that are chosen then. */
export interface EditResult {
  readonly codes: Codes;
  /** Default: those that were chosen before. */
  readonly range?: FrameRange;
}

/**
 * Changes the codes; it can be undone. Where the change fails, they stay as they are and
 * `editError` says why.
 */
export function edit(change: (codes: Codes, range: FrameRange) => EditResult): void {
  const before = history.peek();
  if (!before) return;
  editError.value = undefined;
  try {
    const { codes, range } = change(before.present, chosenFrames(cursor.peek()));
    batch(() => {
      setHistory(edited(before, codes));
      if (range) cursor.value = movedTo({ ...cursor.peek(), frame: range.start, anchor: range.end - 1 }, true, codes);
    });
  } catch (error) {
    editError.value = error;
  }
}

/** Takes out the chosen frames. */
export function deleteChosen(): void {
  edit((codes, range) => ({ codes: withoutFrames(codes, range, samplesPerFrame()), range: { start: range.start, end: range.start + 1 } }));
}

/** Goes one edit back. */
export function undo(): void {
  if (history.peek()) setHistory(undone(history.peek() as EditHistory<Codes>));
}

/** Goes one edit forward again. */
export function redo(): void {
  if (history.peek()) setHistory(redone(history.peek() as EditHistory<Codes>));
}

/** Frames per second of the model that is open; of all that are known where none is. */
export const frameRate: ReadonlySignal<number> = computed(() => coder.value?.info.frameRate ?? framesPerSecond(DEFAULT_SPEC));

/** Samples of a frame, of the model that is open; of all that are known where none is. */
export function samplesPerFrame(): number {
  return coder.peek()?.info.samplesPerFrame ?? samplesOf(DEFAULT_SPEC, 1);
}

/** The cursor stays within the codes; what became of them is heard. */
function setHistory(to: EditHistory<Codes>): void {
  batch(() => {
    history.value = to;
    cursor.value = movedTo(cursor.peek(), true, to.present);
    transport.hear("codes");
  });
}

function clear(): void {
  batch(() => {
    forgetSound();
    history.value = undefined;
    for (const error of [editError, loadError, pasteError]) error.value = undefined;
  });
}

/**
 * Keeps codes, player and sound in step with the page as long as it is not undone: new codes of the
 * clip are taken, and the sound is decoded again whenever codes, layers or the place where the
 * codec runs change while the tab is shown.
 * @returns undoes it
 */
export function followPage(): () => void {
  const stops = [
    effect(() => {
      const [name, codes] = [clip.value?.name ?? "", codesOfClip.value];
      untracked(() => (codes ? takeCodes(codes, { kind: "clip", name }) : clear()));
    }),
    effect(() => {
      transport.setTrack("original", original.value);
      const isFirst = !transport.has("codes");
      transport.setTrack("codes", heard.value);
      if (isFirst) transport.hear("codes");
    }),
    effect(() => {
      const [codes, layers, running] = [present.value, chosen.value, coder.value];
      if (tab.value === "steps" && codes && running) untracked(() => void decodeAgain({ codes, chosen: layers, coder: running }));
    }),
  ];
  return () => stops.forEach((stop) => stop());
}
