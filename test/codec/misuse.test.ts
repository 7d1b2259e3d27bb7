/**
 * What the library says to callers who hand over the wrong thing: every public function, as
 * docs/errors.md promises.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as api from "@twelvehz/codec/node";
import * as page from "@twelvehz/codec/web";
import { connectCodec } from "@twelvehz/client";
import * as measures from "@twelvehz/eval/measures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const { Audio, Codes, WavEncoder } = api;
const floats = new Float32Array(2400);
const integers = new Int16Array(16);
const audio = new Audio(floats, 24_000);
const codes = new Codes(integers, 16);
const nowhere = "/nonexistent/folder/file";
const scratch = join(tmpdir(), `twelvehz-misuse-${process.pid}`);

let codec: api.Codec;
beforeAll(async () => {
  codec = await api.openCodec("compact");
});
afterAll(() => codec.close());

/** Goes through what a generator gives. */
async function all(pieces: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pieces);
}

/** Sound that is never read. */
function silentStream(): api.AudioStream {
  return {
    info: { container: "wav" } as never,
    findings: [],
    close: async () => {},
    [Symbol.asyncIterator]: async function* () {},
  } as never;
}

/** Writes to a file of codes that is thrown away. */
async function writeToCodesFile(part: api.Codes): Promise<void> {
  await using writer = await api.CodesFileWriter.open(scratch, "npy", { spec: codes.spec });
  await writer.write(part);
}

/** Writes to a file that is thrown away. */
async function writeToFile(write: (file: api.OutputFile) => Promise<void>): Promise<void> {
  await using file = await api.OutputFile.create(scratch);
  await write(file);
}

/**
 * A call, the error and the parameter that it must name; what is wrong is cast to `never`, as
 * TypeScript would not let it pass.
 */
type Misuse = readonly [call: string, work: () => unknown, error: typeof TypeError | typeof RangeError, parameter: string];

const ofCodec: Misuse[] = [
  ["openCodec of a URL", () => api.openCodec(new URL("file:///x") as never), TypeError, "model"],
  ["openCodec with threads in a string", () => api.openCodec("compact", { threads: "2" as never }), TypeError, "threads"],
  ["openCodec with no thread", () => api.openCodec("compact", { threads: 0 }), RangeError, "threads"],
  ["openCodec with half a thread", () => api.openCodec("compact", { threads: 1.5 }), RangeError, "threads"],
  ["openCodec with another device", () => api.openCodec("compact", { device: "gpu" as never }), RangeError, "device"],
  ["openCodec with other weights", () => api.openCodec("compact", { decoderWeights: "int8" as never }), RangeError, "decoderWeights"],
  ["openCodec with a word as onNote", () => api.openCodec("compact", { onNote: "yes" as never }), TypeError, "onNote"],
  ["openCodec with null", () => api.openCodec("compact", null as never), TypeError, "options"],
  ["Codec of nothing", () => new api.Codec(undefined as never), TypeError, "engine"],
  ["encode of samples", () => codec.encode(floats as never), TypeError, "audio"],
  ["encode of nothing", () => codec.encode(undefined as never), TypeError, "audio"],
  ["encode of 16-bit samples", () => codec.encode({ samples: integers, sampleRate: 24_000 } as never), TypeError, "audio.samples"],
  ["encode with a number as options", () => codec.encode(audio, 8 as never), TypeError, "options"],
  ["encode with layers in a string", () => codec.encode(audio, { layers: "8" as never }), TypeError, "layers"],
  ["encode with another attention", () => codec.encode(audio, { attention: "foo" as never }), RangeError, "attention"],
  ["encode with a number as attention", () => codec.encode(audio, { attention: 5 as never }), TypeError, "attention"],
  ["encode with a controller as signal", () => codec.encode(audio, { signal: new AbortController() as never }), TypeError, "signal"],
  ["encode with a number as onProgress", () => codec.encode(audio, { onProgress: 5 as never }), TypeError, "onProgress"],
  ["encodeBatch of one Audio", () => codec.encodeBatch(audio as never), TypeError, "clips"],
  ["encodeChunks of samples", () => all(codec.encodeChunks(floats as never)), TypeError, "chunks"],
  ["encodeChunks of Audio", () => all(codec.encodeChunks([audio as never])), TypeError, "samples"],
  ["decode of integers", () => codec.decode(integers as never), TypeError, "codes"],
  ["decode with layers in a string", () => codec.decode(codes, { layers: "8" as never }), TypeError, "layers"],
  ["decode with one layer in a string", () => codec.decode(codes, { onlyLayer: "3" as never }), TypeError, "onlyLayer"],
  ["decode with a number as mute layers", () => codec.decode(codes, { muteLayers: 3 as never }), TypeError, "muteLayers"],
  ["decode with mute layers in strings", () => codec.decode(codes, { muteLayers: ["3" as never] }), TypeError, "muteLayers"],
  ["decode with another chunking", () => codec.decode(codes, { chunking: "foo" as never }), RangeError, "chunking"],
  ["decode with null", () => codec.decode(codes, null as never), TypeError, "options"],
  ["decodeBatch of one Codes", () => codec.decodeBatch(codes as never), TypeError, "clips"],
  ["decodeChunks of Codes", () => all(codec.decodeChunks(codes as never)), TypeError, "chunks"],
  ["prepare of a word", () => codec.prepare("encoder" as never), TypeError, "halves"],
];

const ofStreams: Misuse[] = [
  ["openEncodeStream with another attention", () => codec.openEncodeStream({ attention: "foo" as never }), RangeError, "attention"],
  ["openEncodeStream with null", () => codec.openEncodeStream(null as never), TypeError, "options"],
  ["openDecodeStream with another chunking", () => codec.openDecodeStream({ chunking: "foo" as never }), RangeError, "chunking"],
  ["EncodeStream.push of 16-bit samples", () => codec.openEncodeStream().push(integers as never), TypeError, "samples"],
  ["EncodeStream.push of 64-bit floats", () => codec.openEncodeStream().push(new Float64Array(9) as never), TypeError, "samples"],
  ["EncodeStream.push of a list", () => codec.openEncodeStream().push([0, 1] as never), TypeError, "samples"],
  ["DecodeStream.push of big integers", () => codec.openDecodeStream().push(new BigInt64Array(16) as never), TypeError, "codes"],
  ["DecodeStream.push of a number", () => codec.openDecodeStream().push(5 as never), TypeError, "codes"],
  ["DecodeStream.push of text", () => codec.openDecodeStream().push("0123456789abcdef" as never), TypeError, "codes"],
  ["DecodeStream.push of Audio", () => codec.openDecodeStream().push(audio as never), TypeError, "codes"],
  ["DecodeStream.push of a list in a list", () => codec.openDecodeStream().push([[1, 2]] as never), TypeError, "codes[0]"],
  ["DecodeStream.setLayers of a number", () => codec.openDecodeStream().setLayers(3 as never), TypeError, "selection"],
  ["layerGains of strings", () => api.layerGains({}, "16" as never, 16), TypeError, "available"],
];

const ofNouns: Misuse[] = [
  ["Audio of 16-bit samples", () => new Audio(integers as never, 24_000), TypeError, "samples"],
  ["Audio of a list", () => new Audio([0, 1] as never, 24_000), TypeError, "samples"],
  ["Audio without a rate", () => new Audio(floats, undefined as never), TypeError, "sampleRate"],
  ["Codes of a list", () => new Codes([1, 2] as never, 2), TypeError, "data"],
  ["Codes of 32-bit integers", () => new Codes(new Int32Array(16) as never, 16), TypeError, "data"],
  ["Codes without layers", () => new Codes(integers, undefined as never), TypeError, "layers"],
  ["Codes with a number as frame rate", () => new Codes(integers, 16, { frameRate: 12.5 as never }), TypeError, "frameRate"],
  ["Codes with a name as model", () => new Codes(integers, 16, { model: "compact" as never }), TypeError, "model"],
  ["Codes with another attention", () => new Codes(integers, 16, { attention: "foo" as never }), RangeError, "attention"],
  ["Codes.empty of nothing", () => Codes.empty(undefined as never), TypeError, "spec"],
  ["Codes.frame beyond the last", () => codes.frame(1), RangeError, "t"],
  ["Codes.slice from the end", () => codes.slice(-1, 1), RangeError, "start"],
  ["Codes.slice of half a frame", () => codes.slice(0, 0.5), RangeError, "end"],
  ["Codes.firstLayers of a string", () => codes.firstLayers("3" as never), TypeError, "count"],
  ["Codes.withSampleCount of a string", () => codes.withSampleCount("3" as never), TypeError, "sampleCount"],
  ["concatCodes of one Codes", () => api.concatCodes(codes as never), TypeError, "parts"],
  ["concatCodes of integers", () => api.concatCodes([integers as never]), TypeError, "parts[0]"],
  ["attentionFor of a string", () => api.attentionFor("5" as never), TypeError, "durationSeconds"],
  ["bitsPerCode of an empty codebook", () => api.bitsPerCode(0), RangeError, "codebookSize"],
  ["bitsPerSecond of nothing", () => api.bitsPerSecond(undefined as never), TypeError, "spec"],
  ["bitsPerSecond without layers", () => api.bitsPerSecond({ ...codes.spec, layers: undefined as never }), TypeError, "spec.layers"],
  ["framesPerSecond of a number", () => api.framesPerSecond(12.5 as never), TypeError, "frameRate"],
  ["samplesOf of a string", () => api.samplesOf(codes, "5" as never), TypeError, "frames"],
  ["specOf of nothing", () => api.specOf(undefined as never), TypeError, "info"],
  ["assumedModel of integers", () => api.assumedModel(integers as never, { name: "x", id: "0" }), TypeError, "codes"],
  ["assumedModel with a name", () => api.assumedModel(codes, "compact" as never), TypeError, "model"],
  ["codeUseFit of integers", () => api.codeUseFit(integers as never, "0"), TypeError, "codes"],
  ["seemsOfAnotherModel without a model", () => api.seemsOfAnotherModel(codes, undefined as never), TypeError, "modelId"],
  ["assertSameModel with nothing", () => api.assertSameModel(undefined, undefined as never), TypeError, "expected"],
];

const ofSound: Misuse[] = [
  ["resample of samples", () => api.resample(floats as never, 24_000), TypeError, "audio"],
  ["resample to a string", () => api.resample(audio, "8000" as never), TypeError, "sampleRate"],
  ["Resampler without a rate", () => new api.Resampler(24_000, undefined as never), TypeError, "to"],
  ["Resampler.push of 16-bit samples", () => new api.Resampler(24_000, 8000).push(integers as never), TypeError, "samples"],
  ["encodeWav of samples", () => api.encodeWav(floats as never), TypeError, "audio"],
  ["WavEncoder without options", () => new WavEncoder(undefined as never), TypeError, "options"],
  ["WavEncoder at a rate in a string", () => new WavEncoder({ sampleRate: "8000" as never }), TypeError, "sampleRate"],
  ["WavEncoder.encode of 16-bit samples", () => new WavEncoder({ sampleRate: 8000 }).encode(integers as never), TypeError, "samples"],
  ["WavEncoder.header of fewer than none", () => new WavEncoder({ sampleRate: 8000 }).header(-1), RangeError, "totalSamples"],
  ["openAudioStream of bytes", () => api.openAudioStream(new Uint8Array(9) as never), TypeError, "bytes"],
  ["openAudioStream of a path", () => api.openAudioStream("a.wav" as never), TypeError, "bytes"],
  [
    "openAudioStream with a limit in a string",
    () => api.openAudioStream([] as never, { maxSeconds: "5" as never }),
    TypeError,
    "maxSeconds",
  ],
  ["monoStream of Audio", () => all(api.monoStream(audio as never, 24_000)), TypeError, "stream.info"],
  ["encodeSound of Audio", () => api.encodeSound(codec, audio as never), TypeError, "sound.info"],
  ["encodeSound without a codec", () => api.encodeSound("compact" as never, {} as never), TypeError, "codec"],
  ["encodeSound with a word for live", () => api.encodeSound(codec, silentStream(), { live: "yes" as never }), TypeError, "live"],
  ["encodeSound with a list as onCodes", () => api.encodeSound(codec, silentStream(), { onCodes: [] as never }), TypeError, "onCodes"],
  ["collectAudio of nothing", () => api.collectAudio(undefined as never, 24_000), TypeError, "stream"],
];

const ofTokenFiles: Misuse[] = [
  ["packCodes of a list", () => api.packCodes([1] as never, 11, new Uint8Array(2), 0), TypeError, "codes"],
  ["packCodes of no bits", () => api.packCodes(integers, 0, new Uint8Array(22), 0), RangeError, "bits"],
  ["packCodes without room", () => api.packCodes(integers, 11, new Uint8Array(22), 1), RangeError, "at"],
  ["packedBytes of a string", () => api.packedBytes("a" as never, 1), TypeError, "count"],
  ["unpackCodes of fewer than none", () => api.unpackCodes(new Uint8Array(2), -1, 11), RangeError, "count"],
  ["unpackCodes of too few bytes", () => api.unpackCodes(new Uint8Array(2), 16, 11), RangeError, "bytes"],
  ["crc32c of text", () => api.crc32c("abc" as never), TypeError, "bytes"],
  ["arrivingCodes of bytes", () => all(api.arrivingCodes(new Uint8Array(3) as never)), TypeError, "bytes"],
  ["parseCodes of text", () => api.parseCodes("[[1]]" as never), TypeError, "bytes"],
  ["parseCodes of a buffer", () => api.parseCodes(new ArrayBuffer(8) as never), TypeError, "bytes"],
  ["parseCodes with other axes", () => api.parseCodes(new Uint8Array(8), { axes: "foo" as never }), RangeError, "axes"],
  ["parseCodes with layers in a string", () => api.parseCodes(new Uint8Array(8), { layers: "16" as never }), TypeError, "layers"],
  ["serializeCodes of integers", () => api.serializeCodes(integers as never, "npy"), TypeError, "codes"],
  ["serializeCodes in another format", () => api.serializeCodes(codes, "foo" as never), RangeError, "format"],
  ["looksLikeCodes of text", () => api.looksLikeCodes("[[1]]" as never), TypeError, "head"],
  ["codesFormatOf of a number", () => api.codesFormatOf(5 as never), TypeError, "name"],
  ["readTokenFile of a buffer", () => api.readTokenFile(new ArrayBuffer(9) as never), TypeError, "bytes"],
  ["writeTokenFile of integers", () => api.writeTokenFile(integers as never), TypeError, "codes"],
  ["writeTokenFile with a block in a string", () => api.writeTokenFile(codes, { blockFrames: "5" as never }), TypeError, "blockFrames"],
  ["tokenFileBlocks of bytes", () => all(api.tokenFileBlocks(new Uint8Array(9) as never)), TypeError, "bytes"],
  ["TokenFileReader.open of bytes", () => api.TokenFileReader.open(new Uint8Array(9) as never), TypeError, "source"],
  ["TokenFileReader.open of a path", () => api.TokenFileReader.open("x.t12" as never), TypeError, "source"],
  ["TokenFileWriter without options", () => new api.TokenFileWriter(undefined as never), TypeError, "options"],
  ["TokenFileWriter.push of a list", () => new api.TokenFileWriter({ layers: 16 }).push([1] as never), TypeError, "codes"],
  ["TokenFileWriter.push of floats", () => new api.TokenFileWriter({ layers: 16 }).push(floats as never), TypeError, "codes"],
  ["bytesSource of text", () => api.bytesSource("x" as never), TypeError, "bytes"],
  ["blobSource of text", () => api.blobSource("x" as never), TypeError, "blob"],
  ["joinBytes of bytes", () => api.joinBytes(new Uint8Array(9) as never), TypeError, "parts"],
  ["joinBytes of lists", () => api.joinBytes([[1, 2] as never]), TypeError, "parts[0]"],
  ["urlSource of a number", () => api.urlSource(5 as never), TypeError, "url"],
];

const ofFiles: Misuse[] = [
  ["Replay of bytes", () => new api.Replay(new Uint8Array(9) as never), TypeError, "bytes"],
  ["assertLocalPath of a number", () => api.assertLocalPath("write", 5 as never), TypeError, "path"],
  ["makeFolder of a number", () => api.makeFolder(5 as never), TypeError, "path"],
  ["removeEmptyFolders of numbers", () => api.removeEmptyFolders([5] as never), TypeError, "made"],
  ["byteStream of a number", () => all(api.byteStream(5 as never)), TypeError, "path"],
  ["readAudio of nothing", () => api.readAudio(undefined as never), TypeError, "path"],
  ["readAudio of bytes", () => api.readAudio(new Uint8Array(9) as never), TypeError, "path"],
  ["readAudio at a rate in a string", () => api.readAudio(nowhere, { sampleRate: "8000" as never }), TypeError, "sampleRate"],
  ["readAudio at a rate below zero", () => api.readAudio(nowhere, { sampleRate: -1 }), RangeError, "sampleRate"],
  ["openAudioFile with a word for strict", () => api.openAudioFile(nowhere, { strict: "no" as never }), TypeError, "strict"],
  ["writeAudio of samples", () => api.writeAudio(nowhere, floats as never), TypeError, "audio"],
  ["writeAudio to nothing", () => api.writeAudio(undefined as never, audio), TypeError, "path"],
  ["readCodes of bytes", () => api.readCodes(new Uint8Array(3) as never), TypeError, "path"],
  ["writeCodes of integers", () => api.writeCodes(nowhere, integers as never), TypeError, "codes"],
  ["writeCodes in another format", () => api.writeCodes(nowhere, codes, { format: "foo" as never }), RangeError, "format"],
  ["encodeFile with no codec", () => api.encodeFile({} as never, nowhere), TypeError, "codec.info"],
  ["encodeFile of Audio", () => api.encodeFile(codec, audio as never), TypeError, "path"],
  ["decodeToFile of integers", () => api.decodeToFile(codec, integers as never, nowhere), TypeError, "codes"],
  ["decodeToFile to nothing", () => api.decodeToFile(codec, codes, undefined as never), TypeError, "path"],
  ["WavFileWriter without options", () => api.WavFileWriter.open(nowhere, undefined as never), TypeError, "options"],
  [
    "WavFileWriter of fewer than none",
    () => api.WavFileWriter.open(nowhere, { sampleRate: 8000, expectedSamples: -5 }),
    RangeError,
    "expectedSamples",
  ],
  [
    "CodesFileWriter in another format",
    () => api.CodesFileWriter.open(nowhere, "foo" as never, { spec: codes.spec }),
    RangeError,
    "format",
  ],
  ["CodesFileWriter without options", () => api.CodesFileWriter.open(nowhere, "t12", undefined as never), TypeError, "options"],
  ["CodesFileWriter.write of integers", () => writeToCodesFile(integers as never), TypeError, "codes"],
  ["OutputFile.writeAt of text", () => writeToFile((file) => file.writeAt("x" as never, 0)), TypeError, "bytes"],
  ["OutputFile.writeAt before the start", () => writeToFile((file) => file.writeAt(new Uint8Array(1), -1)), RangeError, "position"],
  ["OutputFile of a number", () => api.OutputFile.create(5 as never), TypeError, "path"],
  ["modelFolder of a number", () => api.modelFolder(5 as never), TypeError, "name"],
  ["resolveModel of a number", () => api.resolveModel(5 as never), TypeError, "name"],
  ["chooseModel of a number", () => api.chooseModel(5 as never), TypeError, "name"],
  ["openCodecPool of a URL", () => api.openCodecPool(new URL("file:///x") as never), TypeError, "name"],
  ["openCodecPool with engines in a string", () => api.openCodecPool("compact", { engines: "2" as never }), TypeError, "engines"],
  ["openCodecPool with no engine", () => api.openCodecPool("compact", { engines: 0 }), RangeError, "engines"],
  ["openCodecPool with null", () => api.openCodecPool("compact", null as never), TypeError, "options"],
  ["endWorker of a number", () => api.endWorker(5 as never), TypeError, "worker"],
  ["endWhenAsked of nothing", () => api.endWhenAsked(undefined as never), TypeError, "port"],
  ["exportC to nothing", () => api.exportC("compact", undefined as never), TypeError, "folder"],
  ["exportC of 5 bits", () => api.exportC("compact", nowhere, { bits: 5 as never }), RangeError, "bits"],
  ["exportC of a number", () => api.exportC(5 as never, nowhere), TypeError, "name"],
  ["folderFiles of nothing", () => api.folderFiles(undefined as never), TypeError, "folder"],
  ["pullModel of nothing", () => api.pullModel(undefined as never), TypeError, "name"],
  ["removeModel of nothing", () => api.removeModel(undefined as never), TypeError, "name"],
  ["verifyModel of a number", () => api.verifyModel(5 as never), TypeError, "name"],
  ["parseHubId of a number", () => api.parseHubId(5 as never), TypeError, "name"],
  ["findCachedModel of a name", () => api.findCachedModel("a/b" as never, {}), TypeError, "id"],
  ["findCachedModel in a folder", () => api.findCachedModel({ repo: "a/b", subfolder: "" }, "/cache" as never), TypeError, "env"],
  ["listCachedModels of a folder", () => api.listCachedModels("/cache" as never), TypeError, "env"],
  ["hubCacheFolder of nothing", () => api.hubCacheFolder(undefined as never), TypeError, "env"],
  ["isUsableModel of nothing", () => api.isUsableModel(undefined as never), TypeError, "folder"],
  ["modelBytes of a number", () => api.modelBytes(5 as never), TypeError, "folder"],
  ["readSettings of a path", () => api.readSettings("/x" as never), TypeError, "env"],
  ["settingsPath of a path", () => api.settingsPath("/x" as never), TypeError, "env"],
  ["isStandardStream of a number", () => api.isStandardStream(1 as never, 1), TypeError, "path"],
  ["isStandardStream of another descriptor", () => api.isStandardStream("-", 2 as never), RangeError, "descriptor"],
  ["writeSettings of a number", () => api.writeSettings(5 as never, { TWELVEHZ_CONFIG: nowhere }), TypeError, "changes"],
];

const ofCancelling: Misuse[] = [
  ["throwIfAborted of a controller", () => api.throwIfAborted(new AbortController() as never), TypeError, "signal"],
  ["orAborted with null", () => api.orAborted(Promise.resolve(), null as never), TypeError, "signal"],
];

const ofService: Misuse[] = [
  ["connectCodec to a URL", () => connectCodec(new URL("http://127.0.0.1") as never), TypeError, "url"],
  ["connectCodec with null", () => connectCodec("http://127.0.0.1", null as never), TypeError, "options"],
  ["connectCodec with a number as key", () => connectCodec("http://127.0.0.1", { key: 5 as never }), TypeError, "key"],
  [
    "connectCodec that tries a word",
    () => connectCodec("http://127.0.0.1", { reconnectSeconds: "60" as never }),
    TypeError,
    "reconnectSeconds",
  ],
];

/** Every measure that compares two sounds, with 16-bit samples. */
const integerAudio = { samples: integers, sampleRate: 24_000, durationSeconds: 1 } as never;
const { pesqWideBand, pesqNarrowBand, stoi, estoi, siSdr, f0Error, clipping, levelDifference, onsetLoss, pauseError, bandDetail } =
  measures;
const { logSpectralDistance, melCepstralDistance } = measures;
const ofMeasures: Misuse[] = Object.entries({
  pesqWideBand,
  pesqNarrowBand,
  stoi,
  estoi,
  siSdr,
  f0Error,
  clipping,
  levelDifference,
  onsetLoss,
  pauseError,
  bandDetail,
  logSpectralDistance,
  melCepstralDistance,
}).flatMap(([name, measure]) => [
  [`${name} against 16-bit samples`, () => measure(integerAudio, audio), TypeError, "reference.samples"] as const,
  [`${name} of samples`, () => measure(audio, floats as never), TypeError, "degraded"] as const,
]);

const ofPage: Misuse[] = [
  ["openCodec with null", () => page.openCodec("/m/", null as never), TypeError, "options"],
  ["openCodec without a model", () => page.openCodec(undefined as never), TypeError, "model"],
  ["openCodec with threads in a string", () => page.openCodec("/m/", { threads: "2" as never }), TypeError, "threads"],
  ["openCodec with 65 threads", () => page.openCodec("/m/", { threads: 65 }), RangeError, "threads"],
  ["openCodec with a word for worker", () => page.openCodec("/m/", { worker: "w.js" as never }), TypeError, "worker"],
  ["openCodec with a controller as signal", () => page.openCodec("/m/", { signal: new AbortController() as never }), TypeError, "signal"],
  ["readAudio of a path", () => page.readAudio("a.wav" as never), TypeError, "blob"],
  ["readAudio at a rate in a string", () => page.readAudio(new Blob([]), { sampleRate: "8000" as never }), TypeError, "sampleRate"],
];

const TABLES = [
  ["the codec", ofCodec],
  ["streams", ofStreams],
  ["sound and codes", ofNouns],
  ["reading and writing sound", ofSound],
  ["token files", ofTokenFiles],
  ["files", ofFiles],
  ["cancelling", ofCancelling],
  ["the service", ofService],
  ["measures", ofMeasures],
  ["the page", ofPage],
] as const;

describe.each(TABLES)("misuse of %s", (_, table) => {
  it.each(table)("%s names the parameter", async (__, work, wanted, parameter) => {
    const error = await Promise.resolve()
      .then(work)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(wanted);
    expect((error as Error).message).toMatch(/^Cannot use .* as "/);
    expect((error as Error).message).toContain(` as "${parameter}": `);
  });
});

it("16-bit samples come with the remedy", () => {
  expect(() => new Audio(integers as never, 24_000)).toThrow(
    /a Float32Array of samples in \[-1, 1\] is wanted; divide 16-bit samples by 32768$/,
  );
});

/** Take nothing, or whatever there is. */
const HARMLESS = [
  "CodecError",
  "fileError",
  "discardOpenOutputs",
  "findGraphics",
  "messageOf",
  "quietOrt",
  "Codec",
  "CodesFileWriter",
  "DecodeStream",
  "EncodeStream",
];

it.each([
  ["node", api, TABLES.slice(0, -1)],
  ["web", page, TABLES],
] as const)("every function of @twelvehz/codec/%s has its misuse", (_, door, tables) => {
  const tried = new Set(tables.flatMap(([, table]) => table.map(([call]) => /^\w+/.exec(call)![0])));
  const functions = Object.entries(door).filter(([, value]) => typeof value === "function");
  expect(functions.map(([name]) => name).filter((name) => !tried.has(name) && !HARMLESS.includes(name))).toEqual([]);
});
