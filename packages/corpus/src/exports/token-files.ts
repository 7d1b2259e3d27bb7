import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "@twelvehz/codec/node";
import { aboutRow, type ExportJob } from "./export-job.ts";
import { codesFile } from "./row-codes.ts";
import { StreamedFile } from "../store/streamed-file.ts";

/** A token file for each clip, below `codes/` by its number; `clips.jsonl` names them, a line a clip. */
export async function exportTokenFiles({ info, folder, rows }: ExportJob): Promise<void> {
  const about = new StreamedFile(join(folder, "clips.jsonl"));
  let clip = 0;
  for await (const row of rows()) {
    const number = String(clip++).padStart(9, "0");
    const file = `codes/${number.slice(0, 6)}/${number}.t12`; // a thousand to a folder
    if (clip % 1000 === 1) await makeFolder(dirname(join(folder, file)));
    await writeFile(join(folder, file), codesFile(row, info, "t12"));
    await about.write(`${JSON.stringify({ file, ...aboutRow(row) })}\n`);
  }
  await about.close();
}
