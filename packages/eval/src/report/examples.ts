import { Audio, encodeWav } from "@twelvehz/codec";
import type { MeasureInfo, MeasureValues } from "../measures/measure.ts";
import type { EvaluationResults } from "../evaluation/results.ts";
import { goodness } from "../evaluation/summary.ts";
import { dataUri } from "./data-uri.ts";
import { html, type Markup } from "./html.ts";
import { loudestPower, pictureSpectrum, spectrogramImage } from "./spectrogram-image.ts";
import { mainCondition, mainMeasures, signed } from "./tables.ts";

/**
 * Bytes of sound that a page may hold, so that it stays below 8 MB in base64 and with its pictures.
 */
const SOUND_BYTES = 5_000_000;
/** Examples are no longer than this, seconds. */
const LONGEST_SECONDS = 8;

/** Which clip the page lets hear, and why. */
export interface ExampleChoice {
  readonly title: string;
  readonly clip: string;
  readonly condition: string;
}

/** One version of a clip. */
export interface ExampleSound {
  readonly name: string;
  readonly audio: Audio;
  /** What the trial said of it, against the clean clip. */
  readonly values?: MeasureValues | undefined;
}

/** A clip with what became of it, the original first. All are of one rate and length. */
export interface ReportExample extends ExampleChoice {
  readonly sounds: readonly ExampleSound[];
}

/**
 * Clips worth hearing: the two worst and the best by the first measure and the first codec; and a
 * middling one, under the last condition where there are several.
 */
export function chooseExamples(results: EvaluationResults): ExampleChoice[] {
  const [measure] = mainMeasures(results);
  const condition = mainCondition(results);
  const codec = results.codecs[0]?.codec;
  const scored = results.trials
    .filter((trial) => trial.codec === codec && trial.condition === condition && trial.values[measure.id] !== undefined)
    .sort((a, b) => goodness(measure, a.values[measure.id]) - goodness(measure, b.values[measure.id]));
  const middle = scored.length >> 1;
  const hardest = results.conditions.at(-1) ?? condition;
  const places: readonly (readonly [title: string, at: number, condition: string])[] = [
    ["Worst clip", 0, condition],
    ["Second worst clip", 1, condition],
    [hardest === condition ? "Middling clip" : `Middling clip, ${hardest}`, middle, hardest],
    ["Best clip", scored.length - 1, condition],
  ];
  const isNew = (at: number, under: string, i: number): boolean =>
    scored[at] !== undefined && places.findIndex(([, other, otherCondition]) => other === at && otherCondition === under) === i;
  return places.flatMap(([title, at, under], i) => (isNew(at, under, i) ? [{ title, clip: scored[at].clip, condition: under }] : []));
}

/** A sound as a page holds it. */
export type SoundUri = (audio: Audio) => string;

function wavUri(audio: Audio): string {
  return dataUri("audio/wav", encodeWav(audio).bytes);
}

/**
 * The examples as cards with pictures and players.
 * @param soundUri how sounds are put into the page; default: as WAV, cut so that the page stays
 * below 8 MB
 */
export function exampleCards(results: EvaluationResults, examples: readonly ReportExample[], soundUri?: SoundUri): Promise<Markup[]> {
  const versions = examples.reduce((sum, { sounds }) => sum + sounds.length, 0);
  const rate = examples[0]?.sounds[0]?.audio.sampleRate ?? 1;
  const seconds = soundUri ? LONGEST_SECONDS : Math.min(LONGEST_SECONDS, SOUND_BYTES / (2 * rate * versions));
  const measures = mainMeasures(results).slice(0, 2);
  return Promise.all(
    examples.map((example, i) => card(example, { seconds, measures, group: `example-${i + 1}`, soundUri: soundUri ?? wavUri })),
  );
}

interface CardOptions {
  readonly seconds: number;
  readonly measures: readonly MeasureInfo[];
  /** Name that the radio buttons of the card share. */
  readonly group: string;
  readonly soundUri: SoundUri;
}

async function card({ title, clip, sounds }: ReportExample, options: CardOptions): Promise<Markup> {
  const cut = sounds.map((sound) => ({ ...sound, audio: beginning(sound.audio, options.seconds) }));
  const spectra = cut.map(({ audio }) => pictureSpectrum(audio));
  const loudest = Math.max(...spectra.map(loudestPower));
  const pictures = await Promise.all(spectra.map((powers) => spectrogramImage(powers, loudest)));
  const figures = cut.map((sound, i) => soundFigure(sound, i, pictures[i], options));
  return html`<article class="example" aria-label="${title}: ${clip}"><div><h3>${title}</h3><p class="file">${clip}, first ${cut[0].audio.durationSeconds.toFixed(1)} s</p>
<div class="transport"><button type="button">Play</button><span class="time">0.0 s</span><span>Click a version to hear it, or press 1 to ${cut.length}; space starts and stops.</span></div></div>
<div class="pictures" role="radiogroup" aria-label="Version that is heard">${figures}</div></article>`;
}

function beginning({ samples, sampleRate }: Audio, seconds: number): Audio {
  return new Audio(samples.subarray(0, Math.round(seconds * sampleRate)), sampleRate);
}

function soundFigure({ name, audio, values = {} }: ExampleSound, i: number, png: Uint8Array, options: CardOptions): Markup {
  const shown = options.measures.flatMap(({ id, label, decimals }) =>
    values[id] === undefined ? [] : [`${label} ${signed(values[id], decimals)}`],
  );
  const picture = dataUri("image/png", png);
  return html`<label class="sound"><span class="head"><input type="radio" name="${options.group}"${i === 0 && html` checked`}><span class="key">${i + 1}</span><b>${name}</b><span class="values">${shown.join(" · ") || (i === 0 && "what the others are compared with")}</span></span>
<span class="picture" style="display:block"><img src="${picture}" alt="Spectrogram, 0 to ${audio.sampleRate / 2000} kHz, ${name}"><i></i></span>
<audio controls preload="none" src="${options.soundUri(audio)}"></audio></label>`;
}
