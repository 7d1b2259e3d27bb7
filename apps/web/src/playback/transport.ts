import type { Audio } from "@twelvehz/codec/web";
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { audioContext } from "./audio-context.ts";
import { contains, lengthOf, type Part, SHORTEST_LOOP } from "./part.ts";

/**
 * From the call to the first sample, seconds: all tracks are scheduled for the same instant, which
 * must not have passed.
 */
const LEAD_SECONDS = 0.03;
/**
 * Length of the fade from one track to another, seconds: no click, and too short to be heard as a
 * gap.
 */
const FADE_SECONDS = 0.012;

/** What a transport uses of an `AudioContext`. */
export type PlaybackContext = Pick<AudioContext, "currentTime" | "destination" | "createBuffer" | "createBufferSource" | "createGain">;

interface Voice {
  readonly source: AudioBufferSourceNode;
  readonly gain: GainNode;
}

/** Of all transports, the one that plays. */
const now: { playing?: Transport | undefined } = {};

/** Stops whatever plays. */
export function pauseAll(): void {
  now.playing?.pause();
}

/**
 * Plays several tracks in step: all start at the same instant and run on, and only the one that is
 * `heard` has a gain, so changing it is without a gap. One transport plays at a time: starting one
 * pauses the other.
 */
export class Transport {
  readonly #tracks = signal<ReadonlyMap<string, Audio>>(new Map());
  readonly #isPlaying = signal(false);
  readonly #position = signal(0);
  readonly #heard = signal("");
  readonly #loop = signal<Part | undefined>(undefined);
  readonly #voices = new Map<string, Voice>();
  readonly #open: () => PlaybackContext;
  #context: PlaybackContext | undefined;
  #startedAt = 0;
  #offset = 0;

  /** @param open gives the context at the first sound; default the one of the page */
  constructor(open: () => PlaybackContext = audioContext) {
    this.#open = open;
  }

  /** Whether it plays. */
  get isPlaying(): ReadonlySignal<boolean> {
    return this.#isPlaying;
  }

  /** Where it plays, seconds. */
  get position(): ReadonlySignal<number> {
    return this.#position;
  }

  /** Name of the track that is heard, "" before there is one. */
  get heard(): ReadonlySignal<string> {
    return this.#heard;
  }

  /** Length of the longest track, seconds. */
  readonly duration: ReadonlySignal<number> = computed(() =>
    [...this.#tracks.value.values()].reduce((longest, audio) => Math.max(longest, audio.durationSeconds), 0),
  );

  /** The part that is played again and again, of all tracks; undefined where the whole is played once. */
  get loop(): ReadonlySignal<Part | undefined> {
    return this.#loop;
  }

  /**
   * Plays a part again and again, without a gap and in step, or (without one) the whole. While it
   * plays, it goes on in the part.
   */
  setLoop(part: Part | undefined): void {
    const wasPlaying = this.#isPlaying.peek();
    this.pause();
    this.#loop.value = part;
    if (part && !contains(part, this.#position.peek())) this.#position.value = part.start;
    if (wasPlaying) this.play();
  }

  /** Whether there is a track of this name. */
  has(name: string): boolean {
    return this.#tracks.value.has(name);
  }

  /**
   * Sets, replaces or (without audio) removes a track. While it plays, the new sound goes on where
   * the old one was.
   */
  setTrack(name: string, audio: Audio | undefined): void {
    if (this.#tracks.peek().get(name) === audio) return;
    const tracks = new Map(this.#tracks.peek());
    if (audio) tracks.set(name, audio);
    else tracks.delete(name);
    this.#tracks.value = tracks;
    this.#stopVoice(name);
    if (!audio && this.#heard.peek() === name) this.#heard.value = tracks.keys().next().value ?? "";
    if (audio && this.#heard.peek() === "") this.#heard.value = name;
    if (tracks.size === 0) this.#rewind();
    if (audio && this.#isPlaying.peek()) this.#startVoice(name, audio, this.#inLoop(this.#now() - this.#startedAt + this.#offset));
    this.#applyGains();
  }

  /** Plays from where it is; from the start when it is at the end. */
  play(name: string = this.#heard.peek()): void {
    this.hear(name);
    if (this.#isPlaying.peek() || this.duration.peek() === 0) return;
    if (now.playing !== this) now.playing?.pause();
    now.playing = this;
    this.#context ??= this.#open();
    this.#offset = this.#firstSecond();
    this.#startedAt = this.#now() + LEAD_SECONDS;
    for (const [track, audio] of this.#tracks.peek()) this.#startVoice(track, audio, this.#offset, this.#startedAt);
    this.#applyGains();
    this.#isPlaying.value = true;
    this.#follow();
  }

  /** Stops where it is. */
  pause(): void {
    if (!this.#isPlaying.peek()) return;
    this.#position.value = this.#elapsed();
    this.#isPlaying.value = false;
    if (now.playing === this) now.playing = undefined;
    for (const name of this.#voices.keys()) this.#stopVoice(name);
  }

  /** Plays or stops; with a name, plays that track, or stops when it is the one that is heard. */
  toggle(name: string = this.#heard.peek()): void {
    if (this.#isPlaying.peek() && name === this.#heard.peek()) this.pause();
    else this.play(name);
  }

  /** Goes to a place, seconds; what lies outside is taken to the nearer end. */
  seek(seconds: number): void {
    const wasPlaying = this.#isPlaying.peek();
    this.pause();
    this.#position.value = Math.min(Math.max(0, seconds), this.duration.peek());
    if (wasPlaying) this.play();
  }

  /** Changes what is heard, without a gap. A name without a track is ignored. */
  hear(name: string): void {
    if (!this.#tracks.peek().has(name)) return;
    this.#heard.value = name;
    this.#applyGains();
  }

  #rewind(): void {
    this.pause();
    this.#position.value = 0;
  }

  #now(): number {
    return this.#context?.currentTime ?? 0;
  }

  #elapsed(): number {
    const seconds = Math.max(this.#offset, this.#now() - this.#startedAt + this.#offset);
    return Math.min(this.duration.peek(), this.#inLoop(seconds));
  }

  /** Where to begin: where it is, or at the start when that is the end. */
  #firstSecond(): number {
    const [position, loop] = [this.#position.peek(), this.#common()];
    const isAtEnd = position >= (loop?.end ?? this.duration.peek()) - LEAD_SECONDS;
    return isAtEnd || position < (loop?.start ?? 0) ? (loop?.start ?? 0) : position;
  }

  /** The loop, as far as all tracks have it: they must turn at the same moment. */
  #common(): Part | undefined {
    const loop = this.#loop.peek();
    if (!loop) return undefined;
    const shortest = [...this.#tracks.peek().values()].reduce((least, audio) => Math.min(least, audio.durationSeconds), loop.end);
    return shortest - loop.start < SHORTEST_LOOP ? undefined : { start: loop.start, end: shortest };
  }

  /** Where a time that runs on lies in the loop. */
  #inLoop(seconds: number): number {
    const loop = this.#common();
    return !loop || seconds < loop.end ? seconds : loop.start + ((seconds - loop.start) % lengthOf(loop));
  }

  /** Moves the position while it plays, and stops at the end. */
  #follow(): void {
    if (!this.#isPlaying.peek()) return;
    this.#position.value = this.#elapsed();
    if (this.#position.peek() >= this.duration.peek()) this.#rewind();
    else requestAnimationFrame(() => this.#follow());
  }

  #startVoice(name: string, audio: Audio, offset: number, when = 0): void {
    const context = this.#context;
    if (!context || offset >= audio.durationSeconds) return;
    const source = context.createBufferSource();
    source.buffer = bufferOf(context, audio);
    const loop = this.#common();
    if (loop) Object.assign(source, { loop: true, loopStart: loop.start, loopEnd: loop.end });
    const gain = context.createGain();
    gain.gain.value = 0;
    source.connect(gain).connect(context.destination);
    source.start(when, Math.max(0, offset));
    this.#voices.set(name, { source, gain });
  }

  #stopVoice(name: string): void {
    const voice = this.#voices.get(name);
    if (!voice) return;
    this.#voices.delete(name);
    fade(voice.gain, 0, this.#now());
    voice.source.stop(this.#now() + FADE_SECONDS);
    voice.source.onended = () => voice.gain.disconnect();
  }

  #applyGains(): void {
    for (const [name, { gain }] of this.#voices) fade(gain, name === this.#heard.peek() ? 1 : 0, this.#now());
  }
}

/**
 * Made once for each clip: seeking in five minutes of several tracks would else copy them all each
 * time.
 */
const buffers = new WeakMap<Audio, AudioBuffer>();

function bufferOf(context: PlaybackContext, audio: Audio): AudioBuffer {
  const known = buffers.get(audio);
  if (known) return known;
  const buffer = context.createBuffer(1, audio.samples.length, audio.sampleRate);
  buffer.getChannelData(0).set(audio.samples);
  buffers.set(audio, buffer);
  return buffer;
}

function fade(node: GainNode, to: number, from: number): void {
  node.gain.cancelScheduledValues(from);
  node.gain.setValueAtTime(node.gain.value, from);
  node.gain.linearRampToValueAtTime(to, from + FADE_SECONDS);
}
