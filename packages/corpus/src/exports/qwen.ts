import { join } from "node:path";
import type { ExportJob } from "./export-job.ts";
import { StreamedFile } from "../store/streamed-file.ts";

/**
 * JSONL as `prepare_data.py` of Qwen3-TTS writes it for `sft_12hz.py`: fields of the manifest, with
 * `audio`, `text` and `audio_codes`, a list of frames of 16 codes.
 */
export async function exportQwen({ folder, rows }: ExportJob): Promise<void> {
  const file = new StreamedFile(join(folder, "train_with_codes.jsonl"));
  for await (const { id, source, text, speaker, language, extra, codes, frames } of rows()) {
    const layers = frames === 0 ? 0 : codes.length / frames;
    const audioCodes = Array.from({ length: frames }, (_, t) => [...codes.subarray(t * layers, (t + 1) * layers)]);
    const others = JSON.parse(extra ?? "{}") as object;
    const known = {
      id,
      audio: source,
      text: text ?? "",
      ...(speaker === null ? {} : { speaker }),
      ...(language === null ? {} : { language }),
    };
    await file.write(`${JSON.stringify({ ...others, ...known, audio_codes: audioCodes })}\n`);
  }
  await file.close();
}
