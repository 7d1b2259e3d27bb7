import type { EvaluationResults, Trial } from "./results.ts";

/**
 * One line for each clip, condition, codec and what it was compared with (`clean` or `input`), a
 * column for each measure, by RFC 4180 with lines ended by CR LF. A measure without a value leaves
 * its field empty.
 */
export function resultsCsv({ measures, trials }: Pick<EvaluationResults, "measures" | "trials">): string {
  const ids = measures.map(({ id }) => id);
  const header = ["clip", "condition", "codec", "against", "seconds", "bytes", "delaySeconds", ...ids];
  const row = (trial: Trial, against: "clean" | "input"): readonly (string | number | undefined)[] => {
    const values = against === "clean" ? trial.values : trial.inputValues;
    const { clip, condition, codec, seconds, byteLength, delaySeconds } = trial;
    return [clip, condition, codec, against, seconds, byteLength, delaySeconds, ...ids.map((id) => values?.[id])];
  };
  const rows = trials.flatMap((trial) => [row(trial, "clean"), ...(trial.inputValues ? [row(trial, "input")] : [])]);
  return [header, ...rows].map((fields) => `${fields.map(field).join(",")}\r\n`).join("");
}

function field(value: string | number | undefined): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
