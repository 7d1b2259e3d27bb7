import { join } from "node:path";
import { framesPerSecond } from "@twelvehz/codec/node";
import type { StoredRow } from "../rows/arrow-batch.ts";
import { aboutRow, type ExportJob, sixDigits } from "./export-job.ts";
import { codesFile } from "./row-codes.ts";
import { TarFile } from "./tar-file.ts";
import { StreamedFile } from "../store/streamed-file.ts";

/**
 * Lhotse Shar: cuts, and their codes in the field `target_codes`, as NeMo reads them
 * (lhotse/shar/writers). Cuts refer to nothing outside.
 */
export async function exportShar({ info, folder, rowsOf }: ExportJob): Promise<void> {
  const frameShift = 1 / framesPerSecond(info.spec);
  for (const shard of info.shards.keys()) {
    const cuts = new StreamedFile(join(folder, `cuts.${sixDigits(shard)}.jsonl.gz`));
    const tar = await TarFile.create(join(folder, `target_codes.${sixDigits(shard)}.tar`));
    for await (const row of rowsOf(shard)) {
      const manifest = codesManifest(row, info.spec.layers, frameShift);
      await cuts.write(`${JSON.stringify(cutOf(row, manifest, frameShift))}\n`);
      await tar.add(`${row.id}.npy`, codesFile(row, info, "npy"));
      await tar.add(`${row.id}.json`, `${JSON.stringify(manifest)}\n`);
    }
    await cuts.close();
    await tar.close();
  }
}

/** A `TemporalArray` whose bytes are in the tar beside it. */
function codesManifest({ frames }: StoredRow, layers: number, frameShift: number): object {
  const array = { storage_type: "shar", storage_path: "", storage_key: "", shape: [frames, layers] };
  return { array, temporal_dim: 0, frame_shift: frameShift, start: 0 };
}

function cutOf(row: StoredRow, manifest: object, frameShift: number): object {
  const { id, text, speaker, language, frames } = row;
  const duration = frames * frameShift;
  const about = { text: text ?? "", ...(speaker === null ? {} : { speaker }), ...(language === null ? {} : { language }) };
  const supervision = { id, recording_id: id, start: 0, duration, channel: 0, ...about };
  return {
    id,
    start: 0,
    duration,
    channel: 0,
    supervisions: [supervision],
    custom: { ...aboutRow(row), target_codes: manifest },
    type: "MonoCut",
  };
}
