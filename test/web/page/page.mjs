/**
 * What the tests do inside a browser. Each function is called by its name, with plain values, and
 * returns plain values.
 */
import ortMjs from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import ortWasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { Audio, Codes, openCodec, readAudio } from "@twelvehz/codec/web";
import { h, render } from "preact";
import * as app from "../../../apps/web/src/app-state.ts";
import { LiveTab } from "../../../apps/web/src/live/live-tab.tsx";
import { LiveLoop } from "../../../apps/web/src/live/live-loop.ts";
import { firstLayersOf } from "../../../apps/web/src/steps/chosen-layers.ts";
import { openMicrophone } from "../../../apps/web/src/source/microphone.ts";

let codec;

/**
 * Opens a codec and keeps it; returns its facts, the progress it told of, and the time it took,
 * with its networks when it is to be prepared.
 */
async function open({ prepare = false, ...options }) {
  const progress = [];
  const notes = [];
  const began = performance.now();
  const urls = options.threads > 1 ? { ortWasm: { wasm: ortWasm, mjs: ortMjs } } : {};
  codec = await openCodec(options.model, {
    ...options,
    ...urls,
    onProgress: (step) => progress.push(step),
    onNote: (note) => notes.push(note),
  });
  const openMs = performance.now() - began;
  if (prepare) await codec.prepare();
  return {
    info: codec.info,
    progress,
    notes,
    openMs,
    readyMs: performance.now() - began,
    isolated: crossOriginIsolated,
    hasCache: "caches" in globalThis,
  };
}

async function close() {
  await codec.close();
}

/** The code and the words of the error that opening ends with. */
async function openingError({ abortAfterMs, ...options }) {
  const signal = abortAfterMs === undefined ? undefined : AbortSignal.timeout(abortAfterMs);
  try {
    await (await openCodec(options.model, { ...options, signal })).close();
    return undefined;
  } catch (error) {
    return { code: error.code, message: error.message };
  }
}

async function encode(samples) {
  const began = performance.now();
  const { data } = await codec.encode(new Audio(samples, 24_000));
  return { data, ms: performance.now() - began };
}

async function decode(data) {
  const began = performance.now();
  const { samples } = await codec.decode(new Codes(data, codec.info.layers, { codebookSize: codec.info.codebookSize }));
  return { samples, ms: performance.now() - began };
}

/**
 * As {@link encode} and {@link decode}, in pieces of these lengths (samples, frames), again and
 * again.
 */
async function streamed({ samples, data, sampleCuts, frameCuts }) {
  const encoder = codec.openEncodeStream();
  const codes = [];
  for (const [start, end] of cuts(samples.length, sampleCuts)) codes.push(...(await encoder.push(samples.subarray(start, end))).data);
  codes.push(...(await encoder.flush()).data);
  const decoder = codec.openDecodeStream();
  const sound = [];
  for (const [start, end] of cuts(data.length / 16, frameCuts)) sound.push(...(await decoder.push(data.subarray(start * 16, end * 16))));
  sound.push(...(await decoder.flush()));
  await Promise.all([encoder.close(), decoder.close()]);
  return { data: Int16Array.from(codes), samples: Float32Array.from(sound) };
}

function* cuts(length, sizes) {
  for (let at = 0, i = 0; at < length; i++) {
    const end = Math.min(length, at + sizes[i % sizes.length]);
    yield [at, end];
    at = end;
  }
}

/** A sound file as the page reads it, or the error. */
async function read({ bytes, type, ...options }) {
  try {
    const { samples, sampleRate } = await readAudio(new Blob([bytes], { type }), options);
    return { samples, sampleRate };
  } catch (error) {
    return { error: { code: error.code, message: error.message } };
  }
}

/**
 * Runs a live loop on the microphone, and records what goes in and what comes out on the same
 * clock.
 * @param phases one after another, each with its layers, until it has run for so many seconds
 * without a break: a busy machine needs a while to settle
 */
async function live({ phases, sampleRate }) {
  const context = new AudioContext({ sampleRate });
  await context.resume();
  const source = await openMicrophone({ echoCancellation: false });
  const speaker = context.createGain();
  const stats = [];
  const chosen = ({ layers = codec.info.layers }) => firstLayersOf(codec.info.layers, layers);
  const loop = await LiveLoop.start(codec, {
    source,
    context,
    chosen: chosen(phases[0]),
    output: speaker,
    onStats: (now) => stats.push(now),
  });
  const inputs = record(context, context.createMediaStreamSource(source));
  const outputs = record(context, speaker);
  const ends = [];
  for (const phase of phases) {
    if (phase.layers) await loop.setLayers(chosen(phase));
    await steady(stats, phase.seconds);
    ends.push({ seconds: phase.seconds, endFrame: Math.round(context.currentTime * context.sampleRate), stats: stats.at(-1) });
  }
  await loop.stop();
  const result = { ends, stats, input: inputs(), output: outputs(), sampleRate: context.sampleRate };
  await context.close();
  return { ...result, tracks: source.getTracks().map((track) => track.readyState) };
}

/** Waits until a loop has been heard for so many seconds without a break. */
async function steady(stats, seconds) {
  const breaks = () => [stats.at(-1)?.underruns, stats.at(-1)?.droppedMs, stats.at(-1)?.delayMs === undefined].join();
  for (let since = performance.now(), before = breaks(); performance.now() - since < 1000 * seconds; before = breaks()) {
    await sleep(50);
    if (breaks() !== before || stats.at(-1)?.delayMs === undefined) since = performance.now();
  }
}

/**
 * Records a node from now on; the function it returns gives the samples and the frame they begin
 * with.
 */
function record(context, node) {
  const recorder = new AudioWorkletNode(context, "twelvehz-capture", { channelCount: 1, channelCountMode: "explicit" });
  const pieces = [];
  recorder.port.onmessage = ({ data }) => pieces.push(data);
  node.connect(recorder).connect(context.destination);
  return () => {
    const samples = new Float32Array(pieces.reduce((sum, piece) => sum + piece.samples.length, 0));
    pieces.reduce((at, piece) => (samples.set(piece.samples, at), at + piece.samples.length), 0);
    return { samples, firstFrame: pieces[0].endFrame - pieces[0].samples.length };
  };
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The code and the words of the error that asking for the microphone ends with. */
async function microphoneError() {
  try {
    await openMicrophone({ echoCancellation: false });
    return undefined;
  } catch (error) {
    return { code: error.code, message: error.message };
  }
}

/** Shows the live tab of the page, with the codec that is open. */
function showLiveTab(language) {
  app.browserModel.value = { kind: "ready", coder: codec };
  app.language.value = language;
  app.tab.value = "live";
  render(h(LiveTab), document.body.appendChild(document.createElement("main")));
}

function leaveLiveTab() {
  app.tab.value = "steps";
}

/** From now on asking for the microphone fails with the exception of this name. */
function breakMicrophone(name) {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("Could not start audio source", name));
}

globalThis.scenes = {
  showLiveTab,
  leaveLiveTab,
  breakMicrophone,
  live,
  microphoneError,
  open,
  close,
  openingError,
  encode,
  decode,
  streamed,
  read,
};
