import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aboutRow, type ExportJob } from "./export-job.ts";
import { StreamedFile } from "../store/streamed-file.ts";

/** Number of int16 among the types of `megatron/core/datasets/indexed_dataset.py`. */
const INT16 = 3;

/**
 * Megatron's indexed data set: `codes.bin`, the codes of all clips one after the other, frame by
 * frame, int16; `codes.idx`, their lengths and places; a clip is a document. What it has no room for
 * is in `clips.jsonl`, a line a clip.
 */
export async function exportMegatron({ info, folder, rows }: ExportJob): Promise<void> {
  const bin = new StreamedFile(join(folder, "codes.bin"));
  const about = new StreamedFile(join(folder, "clips.jsonl"));
  const lengths = new Int32Array(info.clips);
  let clip = 0;
  for await (const row of rows()) {
    lengths[clip++] = row.codes.length;
    await bin.write(littleEndian(row.codes));
    await about.write(`${JSON.stringify(aboutRow(row))}\n`);
  }
  await Promise.all([bin.close(), about.close()]);
  await writeFile(join(folder, "codes.idx"), indexOf(lengths));
}

function littleEndian(codes: Int16Array): Uint8Array {
  const out = Buffer.alloc(2 * codes.length);
  codes.forEach((code, i) => out.writeInt16LE(code, 2 * i));
  return out;
}

/** The header, and then lengths (int32), places (int64) and first sequences of documents (int64). */
function indexOf(lengths: Int32Array): Uint8Array {
  const count = lengths.length;
  const out = Buffer.alloc(34 + 4 * count + 8 * count + 8 * (count + 1));
  out.write("MMIDIDX\0\0", "latin1");
  let at = out.writeBigUInt64LE(1n, 9);
  at = out.writeUInt8(INT16, at);
  at = out.writeBigUInt64LE(BigInt(count), at);
  at = out.writeBigUInt64LE(BigInt(count + 1), at);
  for (const length of lengths) at = out.writeInt32LE(length, at);
  let place = 0n;
  for (const length of lengths) {
    at = out.writeBigInt64LE(place, at);
    place += 2n * BigInt(length);
  }
  for (let document = 0; document <= count; document++) at = out.writeBigInt64LE(BigInt(document), at);
  return out;
}
