import { type Audio, type Codec, CodecError } from "@twelvehz/codec/web";
import { batch, signal, type Signal } from "@preact/signals";
import { clip } from "../app-state.ts";
import { readClip } from "../source/read-clip.ts";
import { loadScenes, sceneFile } from "../source/scenes.ts";
import { openMicrophone } from "../source/microphone.ts";
import type { ChosenLayers } from "../steps/chosen-layers.ts";
import { LiveLoop, type LiveStats } from "./live-loop.ts";
import { LivePicture } from "./picture/live-picture.ts";

/** What the loop listens to. */
export type LiveInput = "microphone" | "clip";

/** How far the loop is. */
export const phase: Signal<"stopped" | "starting" | "running"> = signal("stopped");
/** How the loop runs, or last ran. */
export const stats: Signal<LiveStats | undefined> = signal(undefined);
/** Why the loop does not run. */
export const failure: Signal<unknown> = signal(undefined);
/** Layers that are decoded; undefined = all. */
export const chosenLayers: Signal<ChosenLayers | undefined> = signal(undefined);
/** Whether the browser removes the echo of the loudspeaker. */
export const echoCancellation: Signal<boolean> = signal(false);
/** What goes through the loop, or last went, to be seen. */
export const picture: Signal<LivePicture | undefined> = signal(undefined);

interface Running {
  readonly loop: LiveLoop;
  readonly context: AudioContext;
}

let now: Running | undefined;
/** Counts starts and stops: a start that was overtaken by a stop gives up. */
let turn = 0;

/**
 * Starts the loop, on the microphone, which it asks for, or on the clip of the page, again and
 * again; what goes wrong is in {@link failure}. Call it from a click or a key.
 */
export async function startLive(codec: Codec, input: LiveInput = "microphone"): Promise<void> {
  const mine = ++turn;
  batch(() => {
    phase.value = "starting";
    stats.value = failure.value = undefined;
  });
  const context = new AudioContext({ latencyHint: "interactive" }); // of its own: browsers keep audio worklets until their context is closed
  let source: MediaStream | AudioNode | undefined;
  try {
    source = input === "clip" ? clipNode(context, await clipToPlay()) : await openMicrophone({ echoCancellation: echoCancellation.peek() });
    const observer = new LivePicture(codec.info);
    const started = await LiveLoop.start(codec, {
      source,
      context,
      observer,
      chosen: chosenLayers.peek(),
      onStats: (next) => (stats.value = next),
      onFailure: (error) => mine === turn && fail(error),
    });
    const running = { loop: started, context };
    if (mine !== turn) return await end(running);
    now = running;
    batch(() => {
      picture.value = observer;
      phase.value = "running";
    });
  } catch (error) {
    if (source instanceof MediaStream) for (const track of source.getTracks()) track.stop();
    await context.close();
    if (mine === turn) fail(error);
  }
}

/** The clip of the page, or the first scene where none was chosen. */
async function clipToPlay(): Promise<Audio> {
  const chosen = clip.peek();
  if (chosen) return chosen.audio;
  const [scene] = await loadScenes();
  const { signal: never } = new AbortController();
  return (await readClip(await sceneFile(scene.file, never), scene.file, never)).audio;
}

function clipNode(context: AudioContext, { samples, sampleRate }: Audio): AudioNode {
  const buffer = context.createBuffer(1, samples.length, sampleRate);
  buffer.getChannelData(0).set(samples);
  const node = context.createBufferSource();
  node.buffer = buffer;
  node.loop = true;
  node.start();
  return node;
}

/** Ends the loop and lets the microphone go. */
export async function stopLive(): Promise<void> {
  turn++;
  phase.value = "stopped";
  const ended = now;
  now = undefined;
  if (ended) await end(ended);
}

async function end({ loop, context }: Running): Promise<void> {
  await loop.stop();
  await context.close();
}

/** Time since the first sound of the loop that runs was captured, seconds; undefined where none runs. */
export function elapsedSeconds(): number | undefined {
  return now?.loop.elapsedSeconds;
}

/** Decodes these layers, from the next frame on. */
export async function chooseLayers(chosen: ChosenLayers): Promise<void> {
  chosenLayers.value = chosen;
  await now?.loop.setLayers(chosen).catch((error: unknown) => {
    if (!(error instanceof CodecError && error.code === "closed")) throw error; // it has just been stopped
  });
}

function fail(error: unknown): void {
  void stopLive();
  failure.value = error;
}
