/** Tables of bench/results/eval.json, which `npm run eval` writes, as Markdown. */
import { table } from "./figures-text.mjs";

/** What happens to pitch, timing, plosives and the upper bands. */
const VOICE_MEASURES = [
  "f0Gross",
  "f0Fine",
  "voicing",
  "duration",
  "pauses",
  "onsetsLost",
  "detail2000to6000",
  "detail6000to8000",
  "gain6000to8000",
];

/**
 * @param read gives the results of a name, as in generate.mjs
 * @returns tables by name, each a function that gives lines
 */
export function evalFigures(read) {
  return {
    evaluation: () => mainTable(read("eval")),
    evaluationNoise: () => noiseTable(read("eval"), ["pesqWb", "stoi"]),
    evaluationPauseNoise: () => noiseTable(read("eval"), ["pauseNoise"]),
    evaluationVoice: () => cleanTable(read("eval"), VOICE_MEASURES),
  };
}

function finder({ means }) {
  return (codec, condition, measure, against = "clean") =>
    means.find((m) => m.codec === codec && m.condition === condition && m.measure === measure && m.against === against);
}

function shown(mean, decimals) {
  return mean?.mean === undefined ? "–" : `${mean.mean.toFixed(decimals)} ± ${mean.halfWidth.toFixed(decimals)}`;
}

/** Codec, what it takes, and the main measures on clean speech. */
function mainTable(results) {
  const find = finder(results);
  const measures = results.measures.filter(({ main }) => main);
  const rows = results.codecs.map(({ codec, kilobitsPerSecond, algorithmicDelaySeconds }) => [
    codec,
    kilobitsPerSecond.toFixed(2),
    String(Math.round(kilobitsPerSecond * 1250)),
    algorithmicDelaySeconds === undefined ? "–" : String(Number((1000 * algorithmicDelaySeconds).toFixed(1))),
    ...measures.map(({ id, decimals }) => shown(find(codec, "clean", id), decimals)),
  ]);
  const head = ["codec", "kbit/s", "bytes for 10 s", "delay, ms", ...measures.map(named)];
  return [...table(head, rows), "", method(results)];
}

function named({ label, unit, better }) {
  const notes = [unit === "MOS" ? "" : unit, better === "lower" ? "lower is better" : ""].filter((note) => note !== "");
  return notes.length === 0 ? label : `${label} (${notes.join(", ")})`;
}

/** Codec and some measures on clean speech. */
function cleanTable(results, ids) {
  const find = finder(results);
  const measures = ids.map((id) => results.measures.find((measure) => measure.id === id));
  const rows = results.codecs.map(({ codec }) => [
    codec,
    ...measures.map(({ id, decimals }) => find(codec, "clean", id)?.mean?.toFixed(decimals) ?? "–"),
  ]);
  return [...table(["codec", ...measures.map(named)], rows), "", method(results)];
}

/** What came out against the clean clip, by condition, beside what came in. */
function noiseTable(results, ids) {
  const find = finder(results);
  const measures = results.measures.filter(({ id }) => ids.includes(id));
  const columns = measures.flatMap((measure) => results.conditions.map((condition) => ({ measure, condition })));
  const names = ["unprocessed", ...results.codecs.map(({ codec }) => codec)];
  const rows = names.map((codec) => [
    codec,
    ...columns.map(({ measure, condition }) => {
      const { mean } = find(codec, condition, measure.id) ?? {};
      return mean === undefined ? "–" : mean.toFixed(measure.decimals);
    }),
  ]);
  const head = ["against the clean clip", ...columns.map(({ measure, condition }) => `${measure.label}, ${condition}`)];
  return [...table(head, rows), "", method(results)];
}

function method({ measured, clips, seconds, longestSeconds }) {
  const minutes = (seconds / 60).toFixed(1);
  return `Means over ${clips} held-out clips, ${minutes} min in all, each cut after ${longestSeconds} s, ± half the 95 % interval (Student's t over clips): \`${measured.command}\` on ${measured.machine}, Node ${measured.node}, ONNX Runtime ${measured.onnxruntime}, libopus-wasm ${measured.libopus}, commit ${measured.commit}.`;
}
