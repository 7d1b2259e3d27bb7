import { join } from "node:path";
import { aboutRow, type ExportJob, sixDigits } from "./export-job.ts";
import { codesFile } from "./row-codes.ts";
import { TarFile } from "./tar-file.ts";

/**
 * Tars of WebDataset: `KEY.npy`, codes `[T, K]` int16, and `KEY.json`. A key is the number of the
 * clip, for names may hold dots, at which WebDataset would cut them.
 */
export async function exportWebDataset({ info, folder, rowsOf }: ExportJob): Promise<void> {
  let clip = 0;
  for (const shard of info.shards.keys()) {
    const tar = await TarFile.create(join(folder, `data-${sixDigits(shard)}.tar`));
    for await (const row of rowsOf(shard)) {
      const key = String(clip++).padStart(9, "0");
      await tar.add(`${key}.json`, JSON.stringify(aboutRow(row)));
      await tar.add(`${key}.npy`, codesFile(row, info, "npy"));
    }
    await tar.close();
  }
}
