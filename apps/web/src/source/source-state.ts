/**
 * Where the clip comes from: a file, a scene or the microphone. One at a time: whoever comes last
 * wins.
 */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { chooseClip, clip, type Clip, MAX_SECONDS } from "../app-state.ts";
import { isCancelled } from "../components/error-text.tsx";
import { pauseAll } from "../playback/transport.ts";
import { readClip } from "./read-clip.ts";
import { type Recording, startRecording } from "./record.ts";
import { type Scene, sceneFile } from "./scenes.ts";

/** What went wrong, and with what. */
export interface SourceError {
  readonly kind: "file" | "scene" | "microphone";
  readonly error: unknown;
}

const current = signal<SourceError | undefined>(undefined);
const opening = signal<string | undefined>(undefined);
const running = signal<Recording | undefined>(undefined);
let latest = new AbortController();

/** Why what was chosen last is not the clip, until the next is chosen; the clip before it stays. */
export const sourceError: ReadonlySignal<SourceError | undefined> = current;
/** Name of what is being read. */
export const reading: ReadonlySignal<string | undefined> = opening;
/** The clip, unless another one is being read: what is begun on this one would be lost with it. */
export const settledClip: ReadonlySignal<Clip | undefined> = computed(() => (opening.value === undefined ? clip.value : undefined));
/** The recording that is being made. */
export const recording: ReadonlySignal<Recording | undefined> = running;

/** Reads a file that was dropped or chosen. */
export function takeFile(file: File): Promise<void> {
  return take("file", file.name, (signal) => readClip(file, file.name, signal));
}

/** Fetches and reads a scene. */
export function takeScene(scene: Scene, title: string): Promise<void> {
  return take("scene", title, async (signal) => {
    const read = async (file: string): Promise<Clip> => readClip(await sceneFile(file, signal), title, signal);
    const [{ name, audio }, clean] = await Promise.all([read(scene.file), scene.clean && read(scene.clean)]);
    return { name, audio, credit: scene.credit, ...(clean && { clean: clean.audio }) };
  });
}

/**
 * Starts to record. Whoever chooses something else before the microphone is allowed has changed
 * their mind.
 */
export async function record(name: () => string): Promise<void> {
  const signal = begin();
  try {
    const started = await startRecording(MAX_SECONDS, () => void stopRecording(name));
    if (signal.aborted) await started.discard();
    else running.value = started;
  } catch (error) {
    if (!signal.aborted) current.value = { kind: "microphone", error };
  }
}

/** Ends the recording and takes it as the clip. */
export async function stopRecording(name: () => string): Promise<void> {
  const made = running.peek();
  if (!made) return;
  running.value = undefined;
  await take("microphone", name(), async () => ({ name: name(), audio: await made.stop() }));
}

function begin(): AbortSignal {
  pauseAll();
  latest.abort();
  latest = new AbortController();
  current.value = undefined;
  return latest.signal;
}

async function take(kind: SourceError["kind"], name: string, read: (signal: AbortSignal) => Promise<Clip>): Promise<void> {
  const signal = begin();
  opening.value = name;
  try {
    const taken = await read(signal);
    if (!signal.aborted) chooseClip(taken);
  } catch (error) {
    if (!signal.aborted && !isCancelled(error)) current.value = { kind, error };
  } finally {
    if (!signal.aborted) opening.value = undefined;
  }
}
