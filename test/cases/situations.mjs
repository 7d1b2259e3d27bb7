/**
 * Situations that users have met, as lines of a shell: what they end with, what they say, and what
 * is there afterwards.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Codes, WavFileWriter, writeCodes } from "@twelvehz/codec/node";
import { bash, ffmpegIsThere } from "./run.mjs";

/** 80 characters of three bytes each: with the ending 244 bytes, of 255 that a name may have. */
const LONG_NAME = "会议录音".repeat(20);

/** `line` runs in a folder with tone.wav, kt.npy `[16, 100]` and kt10.npy `[16, 10]`. */
const SITUATIONS = [
  { name: "axes-KT-dead-end, layers first", line: "twelvehz decode kt.npy -o x.wav", status: 67, says: /--axes KT/ },
  { name: "axes-KT-dead-end, turned", line: "twelvehz decode kt.npy --axes KT -o kt.wav", status: 0, makes: "kt.wav" },
  { name: "axes-KT-dead-end, either", line: "twelvehz decode kt10.npy -o kt10.wav", status: 0, says: /note.*--axes KT/ },
  { name: "decode-to-mp3-name", line: "twelvehz decode kt10.npy -o x.mp3", status: 2, says: /x\.mp3/, leaves: "x.mp3" },
  {
    name: "dev-stdout-mixed",
    line: "twelvehz encode tone.wav -f t12 -o a.t12 && twelvehz encode tone.wav -f t12 -o /dev/stdout > b.t12 && cmp a.t12 b.t12",
    status: 0,
  },
  {
    name: "epipe-works-on",
    line: "twelvehz decode long.t12 -o - | head -c 100 | wc -c; exit ${PIPESTATUS[0]}",
    status: 0,
    withinSeconds: 30,
  },
  {
    name: "long-unicode-name",
    line: `cp tone.wav ${LONG_NAME}.wav && twelvehz encode ${LONG_NAME}.wav`,
    status: 0,
    makes: `${LONG_NAME}.t12`,
  },
  {
    name: "one-bad-file-stops-batch",
    line: "echo text > bad.wav; cp tone.wav other.wav; twelvehz encode tone.wav bad.wav other.wav -o d/",
    status: 3,
    says: /bad\.wav/,
    makes: "d/other.t12",
  },
  {
    name: "stdout-full-stack-trace, codes",
    line: "twelvehz encode tone.wav -o - > /dev/full",
    status: 74,
    says: /^twelvehz: [^\n]*full[^\n]*\n$/,
  },
  {
    name: "stdout-full-stack-trace, table",
    line: "twelvehz info tone.wav > /dev/full",
    status: 74,
    says: /^twelvehz: [^\n]*full[^\n]*\n$/,
  },
  {
    name: "ort-telemetry",
    line: "mkdir home && HOME=$PWD/home XDG_CACHE_HOME= twelvehz encode tone.wav -o t.t12",
    status: 0,
    empty: "home",
  },
  {
    name: "ffmpeg-reads-other-files, ffconcat",
    line: "cp tone.wav a.wav; cp $CASES/ffmpeg-reads-other-files/x02_ffconcat.bin . && twelvehz encode x02_ffconcat.bin -o x.t12",
    status: [65, 68],
    leaves: "x.t12",
  },
  {
    name: "ffmpeg-reads-other-files, playlist",
    line: "ffmpeg -v error -y -i tone.wav -c:a aac -f mpegts private.ts; printf '#EXTM3U\\n#EXTINF:4,\\001\\nprivate.ts\\n#EXT-X-ENDLIST\\n' > list.wav; twelvehz encode list.wav -o y.t12",
    status: [65, 68],
    leaves: "y.t12",
    ffmpeg: true,
  },
  {
    name: "no-proc-0MB-free",
    line: "exit 0",
    skip: "it wants a chroot; packages/codec/src/node/reachable-memory.test.ts gives the check what such a system tells",
  },
  {
    name: "container-page-cache",
    line: "exit 0",
    skip: "it wants a control group; the same test gives the check what such a system tells",
  },
  { name: "proxy-ignored", line: "exit 0", skip: "test/hub/proxy.test.ts goes through a proxy of its own" },
  { name: "server-413-unseen, server-error-form, server-slow-bodies", line: "exit 0", skip: "test/server tries them" },
  { name: "api-misuse-words, int16array-accepted", line: "exit 0", skip: "test/codec/misuse.test.ts tries them" },
];

/** Tries every situation. */
export async function* trySituations(folder, scratch) {
  const cwd = join(scratch, "situations");
  mkdirSync(cwd);
  await lay(cwd);
  for (const situation of SITUATIONS) {
    const { name, skip, ffmpeg } = situation;
    if (skip ?? (ffmpeg && !ffmpegIsThere)) yield { name, outcome: "skipped", why: skip ?? "it wants an ffmpeg on the PATH" };
    else {
      const why = await problemOf(situation, cwd, folder);
      yield { name, outcome: why === undefined ? "passed" : "failed", why };
    }
  }
}

/** What the lines work on: a second of a tone, codes either way round, and an hour of codes. */
async function lay(cwd) {
  const writer = await WavFileWriter.open(join(cwd, "tone.wav"), { sampleRate: 24_000 });
  await writer.write(Float32Array.from({ length: 24_000 }, (_, i) => 0.3 * Math.sin(i / 20)));
  await writer.commit();
  writeFileSync(join(cwd, "kt.npy"), npyOfZeros(16, 100));
  writeFileSync(join(cwd, "kt10.npy"), npyOfZeros(16, 10));
  await writeCodes(join(cwd, "long.t12"), new Codes(new Int16Array(16 * 45_000), 16));
}

/** A NumPy file of int16, of any shape; see packages/codec/src/tokenfile/npy.ts. */
function npyOfZeros(rows, columns) {
  const dict = `{'descr': '<i2', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`.padEnd(117);
  return Buffer.concat([Buffer.from(`\x93NUMPY\x01\0\x76\0${dict}\n`, "latin1"), Buffer.alloc(2 * rows * columns)]);
}

async function problemOf({ line, status, says, makes, leaves, empty, withinSeconds }, cwd, folder) {
  const began = performance.now();
  const run = await bash(line, cwd, { CASES: folder });
  const seconds = (performance.now() - began) / 1000;
  if (![status].flat().includes(run.status)) return `exit status ${run.status}, ${status} is right: ${run.stderr}`;
  if (says && !says.test(run.stderr)) return `it says ${JSON.stringify(run.stderr)}`;
  if (makes && !existsSync(join(cwd, makes))) return `there is no ${makes}`;
  if (leaves && existsSync(join(cwd, leaves))) return `it has written ${leaves} (${readFileSync(join(cwd, leaves)).length} bytes)`;
  if (empty && readdirSync(join(cwd, empty), { recursive: true }).length > 0)
    return `it has written ${readdirSync(join(cwd, empty), { recursive: true })}`;
  return withinSeconds !== undefined && seconds > withinSeconds ? `it takes ${seconds.toFixed(1)} s` : undefined;
}
