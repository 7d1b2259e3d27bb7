import { exportC } from "@twelvehz/codec/node";
import { formatBytes, printReport } from "../report.ts";

/** Options of `twelvehz export-c`. */
export interface ExportCCommandOptions {
  readonly output: string;
  readonly json?: boolean | undefined;
}

/** `twelvehz export-c`: the decoder of a compact model for C. */
export async function exportCCommand(
  model: string | undefined,
  { output, json }: ExportCCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const written = await exportC(model, output, { signal });
  const { blob, header, blobBytes, id, parts, weightBytesPerFrame } = written;
  const reads = Object.entries(weightBytesPerFrame).map(([frames, bytes]) => `${formatBytes(bytes)} at ${frames}`);
  printReport(
    {
      title: `${blob}, ${header}`,
      rows: [
        ["blob", `${blobBytes} bytes`],
        ...Object.entries(parts).map(([part, bytes]) => [part, formatBytes(bytes)] as const),
        ["weights read for a frame", `${reads.join(", ")} frames a call`],
        ["model id", id],
      ],
      json: { ...written },
    },
    { json },
  );
}
