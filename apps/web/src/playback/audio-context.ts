let context: AudioContext | undefined;

/**
 * The one audio context of the page, made at the first sound. Call it from a click or a key, or the
 * browser may keep it silent.
 */
export function audioContext(): AudioContext {
  context ??= new AudioContext({ latencyHint: "interactive" });
  if (context.state === "suspended") void context.resume();
  return context;
}
