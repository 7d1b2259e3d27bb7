/** Figures of the published model on the processor, from bench/results/published*.json. */
import { f, table } from "./figures-text.mjs";

/** @param results gives what a file of bench/results holds */
export function publishedFigures(results) {
  return {
    published: () => published({ AVX2: results("published"), "AVX-512": results("published-avx-512") }),
    publishedOpening: () => opening(results("published-opening")),
    publishedProfile: () => profile(results("published-profile")),
    publishedForms: () => forms(results("published-forms")),
  };
}

/** @param machines results by the vectors of the processor */
function published(machines) {
  const measured = Object.entries(machines);
  const peer = (row) => (row.peer ? [`${f(row.peer.xRealTime, 2)} x`, `**${f(row.peerRatio, 1)} x**`] : ["", ""]);
  const stream = ([vectors, { tasks }]) =>
    `with ${vectors} after ${f(tasks[0].twelvehz.firstFrameMs, 0)} ms, of a later one after ${f(tasks[0].twelvehz.frameMs, 0)} ms`;
  return [
    ...table(
      ["published model, seeded weights", "twelvehz", "PyTorch", "ratio", "qwentts.cpp", "ratio", "peak memory"],
      measured.flatMap(([vectors, { tasks }]) =>
        tasks.map((row) => [
          `${row.task} ${row.seconds} s, ${vectors}`,
          `${f(row.twelvehz.xRealTime, 2)} x real time`,
          `${f(row.pytorch.xRealTime, 2)} x`,
          `**${f(row.ratio, 1)} x**`,
          ...peer(row),
          `${f(row.twelvehz.peakMegabytes, 0)} MB, PyTorch ${f(row.pytorch.peakMegabytes, 0)} MB`,
        ]),
      ),
      "---",
    ),
    "",
    `The machine with AVX2 had other work: read its figures as ratios. A decode stream gives the samples of its first frame ${measured.map(stream).join(", ")} (a frame is 80 ms of sound).`,
    `Medians, ${machines.AVX2.threads} threads, in turn: \`${machines.AVX2.measured.command}\` on ${measured.map(versions).join("; ")}.`,
  ];
}

function versions([vectors, { measured }]) {
  const { machine: name, node, onnxruntime, torch, peer, commit } = measured;
  return `${vectors}, ${name}, Node ${node}, ONNX Runtime ${onnxruntime}, torch ${torch}${peer ? `, ${peer}` : ""}, commit ${commit}`;
}

function opening({ measured, threads, opening: { nothingKept, first, later }, decoding }) {
  const row = (what, { ms, processorMs }) => [what, `${f(ms / 1000, 1)} s`, `${f(processorMs / 1000, 1)} s`];
  return [
    ...table(
      ["opening the published decoder", "clock", "processor time"],
      [
        row("nothing kept (`TWELVEHZ_KEEP_NETWORKS=0`)", nothingKept),
        row("for the first time: the network is kept", first),
        row("later", later),
      ],
      "---",
    ),
    "",
    `Decoding ${decoding.seconds} s: ${f(decoding.oneThread, 2)} x real time with one thread inside each operation, ${f(decoding.twoThreads, 2)} x with two, ${f(decoding.twoProcesses, 2)} x together in two processes`,
    `with one thread each: ${f(100 * decoding.gain, 0)} % more than with two threads. Medians of processes of their own, ${threads} threads: \`${measured.command}\` on ${machine(measured)}, ONNX Runtime ${measured.onnxruntime}, commit ${measured.commit}.`,
  ];
}

function profile({ measured, threads, decoder, encoder }) {
  const share = (part) => {
    const total = Object.values(part).reduce((a, b) => a + b, 0);
    const largest = Object.entries(part).slice(0, 8);
    const rest = total - largest.reduce((a, [, ms]) => a + ms, 0);
    return [...largest, ["all others", rest]].map(([op, ms]) => `${op} ${f((100 * ms) / total, 0)} %`).join(", ");
  };
  return [
    ...table(
      ["network", "share of the time per kind of operation"],
      [
        ["decoder", share(decoder)],
        ["encoder", share(encoder)],
      ],
      "---",
    ),
    "",
    `\`${measured.command}\`, ${threads} threads, on ${machine(measured)}, commit ${measured.commit}. Sin runs on one thread; ReorderInput and ReorderOutput are the changes of layout around the blocked convolutions.`,
  ];
}

function forms({ measured, shapes, int8 }) {
  const cell = ({ ms }, form) => `${f(ms.one[form], 1)} / ${f(ms.two[form], 1)} ms`;
  return [
    ...table(
      ["channels, steps", "dilation", "two-dimensional", "one-dimensional", "int8"],
      shapes.map((shape) => [
        `${shape.channels}, ${shape.steps}`,
        `${shape.dilation}`,
        cell(shape, "blocked"),
        cell(shape, "plain"),
        cell(shape, "int8"),
      ]),
    ),
    "",
    `A convolution of 7 taps with one thread / with two; int8 with its change of the floats to bytes and back. Sound of a decoder whose convolutions have 8-bit weights, a scale for each channel, and 8-bit inputs, a scale for each convolution, against the same in floats: ${f(int8.weights, 1)} dB with the weights alone, ${f(int8.both, 1)} dB with both, ${f(int8.sevenBits, 1)} dB with the 7-bit weights that AVX2 without VNNI needs.`,
    `The fastest of some runs: \`${measured.command}\` on ${machine(measured)}, ONNX Runtime ${measured.onnxruntime}, commit ${measured.commit}.`,
  ];
}

const machine = ({ machine: name, vectors }) => (vectors ? `${name}, ${vectors}` : name);
