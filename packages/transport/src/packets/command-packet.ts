// A whole clip in one datagram: docs/packets.md, "Command packet".
import { bitsPerCode, Codes, CodecError, type CodesSpec, packCodes, packedBytes, unpackCodes } from "@twelvehz/codec";
import { crc16 } from "./crc16.ts";

/** First byte: kind and version. */
const MARKER = 0xc1;
/** Bytes before the codes. */
export const COMMAND_HEADER_BYTES = 8;
const MOST_FRAMES = 0xffff;

/** Bytes of a command packet. */
export function commandPacketBytes(frames: number, layers: number, codebookSize: number): number {
  return COMMAND_HEADER_BYTES + packedBytes(frames * layers, bitsPerCode(codebookSize));
}

/**
 * The first two bytes of a model's id as a number, by which small packets name it; 0 where the
 * model is not known.
 */
export function modelTag(spec: Pick<CodesSpec, "model">): number {
  return spec.model ? Number.parseInt(spec.model.id.slice(0, 4), 16) : 0;
}

/**
 * Writes a clip as one packet. Its sample count is left out: whole frames come back.
 * @param codes 1 to 65535 frames
 * @throws RangeError for another number
 */
export function writeCommandPacket(codes: Codes): Uint8Array {
  if (codes.frames < 1 || codes.frames > MOST_FRAMES)
    throw new RangeError(`Cannot write "codes" of ${codes.frames} frames as one packet: 1 to ${MOST_FRAMES} are possible`);
  const out = new Uint8Array(commandPacketBytes(codes.frames, codes.layers, codes.codebookSize));
  const view = new DataView(out.buffer);
  out[0] = MARKER;
  out[1] = codes.layers - 1;
  view.setUint16(2, modelTag(codes));
  view.setUint16(4, codes.frames, true);
  packCodes(codes.data, bitsPerCode(codes.codebookSize), out, COMMAND_HEADER_BYTES);
  view.setUint16(6, checksumOf(out), true);
  return out;
}

/** Of the packet without the checksum itself. */
function checksumOf(packet: Uint8Array): number {
  return crc16(packet.subarray(COMMAND_HEADER_BYTES), crc16(packet.subarray(0, 6)));
}

/** Whether a datagram may be a command packet in the clear. */
export function isCommandPacket(datagram: Uint8Array): boolean {
  return datagram[0] === MARKER;
}

/**
 * Reads a command packet.
 * @param spec of the model that is to decode it
 * @returns its frames, with as many layers as were sent
 * @throws CodecError `bad-format` when it is no such packet, damaged or cut short; `model-mismatch`
 * for codes of another model; `bad-codes`
 */
export function readCommandPacket(packet: Uint8Array, spec: CodesSpec): Codes {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  if (packet.length <= COMMAND_HEADER_BYTES || packet[0] !== MARKER)
    throw new CodecError(
      "bad-format",
      `Cannot read ${packet.length} bytes as a command packet: it begins with 0xc1 and is longer than 8 bytes`,
    );
  const [layers, tag, frames] = [packet[1] + 1, view.getUint16(2), view.getUint16(4, true)];
  const wanted = commandPacketBytes(frames, layers, spec.codebookSize);
  if (frames === 0 || wanted !== packet.length || view.getUint16(6, true) !== checksumOf(packet))
    throw new CodecError(
      "bad-format",
      `Cannot read a command packet of ${packet.length} bytes: it is damaged or cut short (${frames} frames of ${layers} layers take ${wanted})`,
    );
  if (tag !== modelTag(spec)) throw otherModel(tag, spec);
  if (layers > spec.layers)
    throw new CodecError("bad-format", `Cannot read a command packet of ${layers} layers: the model has ${spec.layers}`);
  const codes = unpackCodes(packet.subarray(COMMAND_HEADER_BYTES), frames * layers, bitsPerCode(spec.codebookSize));
  return new Codes(codes, layers, spec);
}

function otherModel(tag: number, { model }: CodesSpec): CodecError {
  const found = tag.toString(16).padStart(4, "0");
  return new CodecError(
    "model-mismatch",
    `Cannot decode a packet of the model ${found}…: ${model ? `"${model.name}" is ${model.id.slice(0, 4)}…` : "no model is open"}; both ends need the same model`,
  );
}

/**
 * As many of the first layers as fit into one packet.
 * @param maxBytes for the packet as it is written here, without what encryption and transport add
 * @throws CodecError `too-large` when not even one layer fits
 */
export function fitCommand(codes: Codes, maxBytes: number): Codes {
  for (let layers = codes.layers; layers > 0; layers--) {
    if (commandPacketBytes(codes.frames, layers, codes.codebookSize) <= maxBytes) return codes.firstLayers(layers);
  }
  const least = commandPacketBytes(codes.frames, 1, codes.codebookSize);
  throw new CodecError(
    "too-large",
    `Cannot send ${codes.frames} frames in ${maxBytes} bytes: one layer alone takes ${least}; shorten the sound or allow more`,
  );
}
