/**
 * What a lost frame costs the decoder in C on an emulated Cortex-M7: held, or predicted. Writes
 * bench/results/embedded-conceal.json, from which embedded/README.md takes a table.
 *
 *     node bench/embedded/conceal.mjs
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportC, openCodec, readAudio } from "@twelvehz/codec/node";
import { root } from "../../scripts/prepare.mjs";
import { measuredOn } from "../machine.mjs";
import { buildForBoard, emulate, versions, writeInput } from "./emulator.mjs";

const FRAMES = 8;
const PLAIN = "-DT12_PLAIN_C";
const place = mkdtempSync(join(tmpdir(), "twelvehz-conceal-"));
try {
  const codec = await openCodec("compact", { backend: "onnx" });
  const codes = (await codec.encode(await readAudio(join(root, "examples/clips/english.flac")))).slice(0, FRAMES);
  await codec.close();
  const folder = join(place, "blob");
  const [plain, { blobBytes }] = [await exportC("compact", join(place, "plain")), await exportC("compact", folder, { predictor: true })];
  writeInput(join(folder, "input"), FRAMES, codes.data);
  const runs = [[], [PLAIN]].map((flags) => ({
    flags,
    ...emulate(buildForBoard(folder, "count_conceal.c", 1, flags), folder, "input"),
  }));
  const measured = { ...measuredOn("node bench/embedded/conceal.mjs"), ...versions() };
  const report = { measured, moreBytes: blobBytes - plain.blobBytes, blobBytes, runs };
  writeFileSync(join(root, "bench/results/embedded-conceal.json"), `${JSON.stringify(report, null, 1)}\n`);
  console.log(JSON.stringify(report, null, 1));
} finally {
  rmSync(place, { recursive: true });
}
