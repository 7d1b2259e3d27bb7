/** Tables of speed, from bench/results, as Markdown. */
import { f } from "./figures-text.mjs";

/**
 * @param read gives the results of a name, as in generate.mjs
 * @returns tables by name, each a function that gives lines
 */
export function speedFigures(read) {
  return {
    speed: () => speed(read("speed")),
    backends: () => backends(read("backends")),
    onnxAndWasm: () => onnxAndWasm(read("onnx-and-wasm")),
    profile: () => profile(read("profile")),
  };
}

function speed({ measured, ...figures }) {
  const { encode, decode, roundTrip, openDecoderMs, openMs, firstSamplesMs, frameMs, streams, commandMs } = figures;
  const { peakMegabytes, peakMegabytesDecodeOnly, against } = figures;
  const rows = [
    ["encode / decode / both", ["encode", "decode", "roundTrip"], `${f(encode, 0)} x / ${f(decode, 0)} x / ${f(roundTrip, 0)} x real time`],
    ["open the decoder / both halves", ["openDecoderMs", "openMs"], `${f(openDecoderMs, 0)} ms / ${f(openMs, 0)} ms`],
    [
      "stream: first samples after the first frame / each later frame",
      ["firstSamplesMs", "frameMs"],
      `${f(firstSamplesMs, 1)} ms / ${f(frameMs, 1)} ms of work`,
    ],
    ["decode streams held in real time, frame by frame", ["streams"], `${f(streams, 0)}`],
    ["`twelvehz encode` of 1 s, the whole process", ["commandMs"], `${f(commandMs, 0)} ms`],
    [
      "peak memory of the process for 10 s, both ways / decoding only",
      ["peakMegabytes", "peakMegabytesDecodeOnly"],
      `${f(peakMegabytes, 0)} MB / ${f(peakMegabytesDecodeOnly, 0)} MB`,
    ],
  ];
  const ratio = (names) => names.map((name) => f(figures[name] / against.figures[name], 2)).join(" / ");
  return [
    `| compact model, one core | |${against ? ` times that of ${against.revision} |` : ""}`,
    `|---|---|${against ? "---|" : ""}`,
    ...rows.map(([label, names, text]) => `| ${label} | ${text} |${against ? ` ${ratio(names)} |` : ""}`),
    "",
    `Medians of \`${measured.command}\`, of processor time but for the command, which other work on the machine makes longer: read them as ratios. ${measured.machine}, Node ${measured.node}, commit ${measured.commit}.`,
  ];
}

function backends({ measured, model, clips, others }) {
  return [
    `| \`${model}\`, ${clips} held-out clips, against ONNX Runtime in Node | codes that differ | frames with such | sounds of equal codes: median / worst | clips below -60 dB |`,
    "|---|---|---|---|---|",
    ...others.map(
      ({ name, codes, differing, frames, differingFrames, medianDb, worstDb, clipsBelow60Db }) =>
        `| ${name} | ${differing} of ${codes} | ${differingFrames} of ${frames} | ${f(medianDb, 0)} / ${f(worstDb, 0)} dB | ${clipsBelow60Db} |`,
    ),
    "",
    `\`${measured.command}\`, ONNX Runtime ${measured.onnxruntime}, ${measured.machine}, commit ${measured.commit}.`,
  ];
}

function onnxAndWasm({ measured, model, backends: rows, moduleBytes }) {
  return [
    "| compact model | encode | decode | a frame of a decode stream | open the decoder / both | memory of the process, decoding |",
    "|---|---|---|---|---|---|",
    ...rows.map(
      ({ backend, encode, decode, frameMs, openDecoderMs, openMs, megabytes }) =>
        `| \`backend: "${backend}"\` | ${f(encode, 0)} x real time | ${f(decode, 0)} x | ${f(frameMs, 1)} ms | ${f(openDecoderMs, 0)} / ${f(openMs, 0)} ms | ${f(megabytes, 0)} MB |`,
    ),
    "",
    `\`${model}\`; medians of processor time, in turn: read them as ratios. The module has ${f(moduleBytes / 1000, 0)} kB`,
    `(\`${measured.command}\`, ${measured.machine}, Node ${measured.node}, ONNX Runtime ${measured.onnxruntime}, commit ${measured.commit}).`,
  ];
}

function profile({ measured, opening, page, shares }) {
  const table = (rows) => rows.map(([stage, ms]) => `| ${stage} | ${f(ms, ms < 10 ? 1 : 0)} ms |`);
  const parts = (share) => share.map(([name, part]) => `${name} ${f(100 * part, 0)} %`).join(", ");
  return [
    "| stage, Node | processor time |",
    "|---|---|",
    ...table(opening),
    "",
    "| stage, page in Chromium | time |",
    "|---|---|",
    ...table(page),
    "",
    ...shares.map(({ work, ms, parts: share }) => `${work}, ${f(ms, 1)} ms: ${parts(share)}.\n`),
    `Medians; shares by a sampling profiler. \`${measured.command}\`, ${measured.machine}, Node ${measured.node}, commit ${measured.commit}.`,
  ];
}
