import type { ByteReader } from "./byte-reader.ts";
import type { DecodedSound } from "./decoded-sound.ts";

export async function openOgg(reader: ByteReader): Promise<DecodedSound> {
  throw reader.fail("unsupported", "Ogg is not read yet");
}
