import { type Command, Option } from "@commander-js/extra-typings";
import { BLOB_BITS, BLOB_PARTS, type BlobBits, type BlobParts, exportC } from "@twelvehz/codec/node";
import { examples, jsonOption } from "../options.ts";
import { formatBytes, printReport } from "../report.ts";

/** Options of `twelvehz export-c`. */
interface ExportCCommandOptions {
  readonly output: string;
  readonly parts: BlobParts;
  readonly bits: string;
  readonly predictor?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Adds `twelvehz export-c`. */
export function addExportC(program: Command, signal: AbortSignal): void {
  program
    .command("export-c")
    .summary("a compact model for C, for small devices")
    .description(
      "Writes t12d.bin, which the C library in embedded/ opens in place from flash, with its records in the order in which a frame reads them, and t12d.h with the bytes of the arena and a self-test. Tells the sizes, and how many bytes of weights a frame reads.",
    )
    .argument("[model]", "compact or a folder with a compact model; default: as --model of the other commands")
    .option("-o, --output <folder>", "where the two files go", ".")
    .addOption(new Option("--parts <which>", "decoder, encoder, or both in one blob").choices(BLOB_PARTS).default("decoder" as const))
    .addOption(
      new Option("--bits <n>", "of the weights of the largest matrices: 4 halve them in flash, at a small cost in sound")
        .choices(BLOB_BITS.map(String))
        .default("8"),
    )
    .option("--predictor", "with what predicts lost frames from those around them, 0.4 MB more; without it the last frame is held")
    .addOption(jsonOption)
    .addHelpText(
      "after",
      examples("twelvehz export-c compact -o firmware/\ntwelvehz export-c ./my-model -o firmware/ --parts both --bits 4 --json"),
    )
    .action((model, options) => exportCCommand(model, options, signal));
}

/** `twelvehz export-c`: the decoder of a compact model for C. */
async function exportCCommand(
  model: string | undefined,
  { output, parts, bits, predictor, json }: ExportCCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const written = await exportC(model, output, { signal, parts, bits: Number(bits) as BlobBits, predictor });
  const { blob, header, blobBytes, id, weightBytesPerFrame } = written;
  const reads = Object.entries(weightBytesPerFrame).map(([frames, bytes]) => `${formatBytes(bytes)} at ${frames}`);
  printReport(
    {
      title: `${blob}, ${header}`,
      rows: [
        ["blob", `${blobBytes} bytes`],
        ...Object.entries(written.parts).map(([part, bytes]) => [part, formatBytes(bytes)] as const),
        ["weights read for a frame", `${reads.join(", ")} frames a call`],
        ["model id", id],
      ],
      json: { ...written },
    },
    { json },
  );
}
