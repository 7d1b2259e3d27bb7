import { type Codec, CodecError } from "@twelvehz/codec/web";
import { batch, signal, type Signal } from "@preact/signals";
import { openMicrophone } from "../source/microphone.ts";
import { LiveLoop, type LiveStats } from "./live-loop.ts";

/** How far the loop is. */
export const phase: Signal<"stopped" | "starting" | "running"> = signal("stopped");
/** How the loop runs, or last ran. */
export const stats: Signal<LiveStats | undefined> = signal(undefined);
/** Why the loop does not run. */
export const failure: Signal<unknown> = signal(undefined);
/** Layers that are used; undefined = all. */
export const layers: Signal<number | undefined> = signal(undefined);
/** Whether the browser removes the echo of the loudspeaker. */
export const echoCancellation: Signal<boolean> = signal(false);

interface Running {
  readonly loop: LiveLoop;
  readonly context: AudioContext;
}

let now: Running | undefined;
/** Counts starts and stops: a start that was overtaken by a stop gives up. */
let turn = 0;

/**
 * Asks for the microphone and starts the loop; what goes wrong is in {@link failure}. Call it from
 * a click or a key.
 */
export async function startLive(codec: Codec): Promise<void> {
  const mine = ++turn;
  batch(() => {
    phase.value = "starting";
    stats.value = failure.value = undefined;
  });
  const context = new AudioContext({ latencyHint: "interactive" }); // of its own: browsers keep audio worklets until their context is closed
  let source: MediaStream | undefined;
  try {
    source = await openMicrophone({ echoCancellation: echoCancellation.peek() });
    const started = await LiveLoop.start(codec, {
      source,
      context,
      layers: layers.peek(),
      onStats: (next) => (stats.value = next),
      onFailure: (error) => mine === turn && fail(error),
    });
    const running = { loop: started, context };
    if (mine !== turn) return await end(running);
    now = running;
    phase.value = "running";
  } catch (error) {
    for (const track of source?.getTracks() ?? []) track.stop();
    await context.close();
    if (mine === turn) fail(error);
  }
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

/** Uses the first `count` layers, from the next frame on. */
export async function chooseLayers(count: number): Promise<void> {
  layers.value = count;
  await now?.loop.setLayers(count).catch((error: unknown) => {
    if (!(error instanceof CodecError && error.code === "closed")) throw error; // it has just been stopped
  });
}

function fail(error: unknown): void {
  void stopLive();
  failure.value = error;
}
