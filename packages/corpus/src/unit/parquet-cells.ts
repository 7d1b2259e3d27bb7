import { RejectedClip } from "../rows/reject.ts";
import { readWhole } from "../sources/files.ts";
import { type OpenParquet, openParquet, soundOfCell } from "../sources/parquet-source.ts";
import type { SoundPlace } from "../sources/entry.ts";

type Cell = NonNullable<SoundPlace["cell"]>;

/** Bytes in columns of Parquet; the file and the row group that were read last are kept. */
export class ParquetCells {
  #file: { readonly address: string; readonly opened: OpenParquet } | undefined;
  #group: { readonly key: string; readonly values: Promise<readonly unknown[]> } | undefined;

  /**
   * The bytes of a cell, or of the file that it names.
   * @throws RejectedClip for a cell that holds neither; CodecError as reading any file
   */
  async bytes(address: string, { column, row, group: [first, end] }: Cell, source: string): Promise<Uint8Array> {
    const key = JSON.stringify([address, column, first]);
    if (this.#group?.key !== key) {
      const values = this.#open(address)
        .then(({ rows }) => rows([column], first, end))
        .then((records) => records.map((record) => record[column]));
      this.#group = { key, values };
    }
    const sound = soundOfCell(address, (await this.#group.values)[row - first]);
    if (sound === undefined) throw new RejectedClip("empty", `Cannot use ${JSON.stringify(source)}: its column "${column}" holds no sound`);
    return typeof sound === "string" ? readWhole(sound) : sound;
  }

  async #open(address: string): Promise<OpenParquet> {
    if (this.#file?.address !== address) this.#file = { address, opened: await openParquet(address) };
    return this.#file.opened;
  }
}
