import { Readable } from "node:stream";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import {
  arrivingCodes,
  assumedModel,
  type Audio,
  type Codec,
  CodecError,
  type ParsedCodes,
  parseCodes,
  type SoundFinding,
} from "@twelvehz/codec";
import { markFindings } from "../jobs/findings-header.ts";
import { type Job, type RouteContext, runJob, streamJob } from "../jobs/jobs.ts";
import { maxCodesBytes } from "../limits.ts";
import { DECODE_LINK_QUERY, DECODE_QUERY, type DecodeLinkQuery, type DecodeQuery } from "../query.ts";
import { readAll } from "../body/request-body.ts";
import { assertShort, selectionOf, soundBytes, soundPieces, soundType } from "../jobs/sound-answer.ts";

/** Sound, and how long it took. */
interface Decoded {
  readonly audio: Audio;
  readonly query: DecodeQuery;
  readonly timing: string;
  readonly findings: readonly SoundFinding[];
}

const DECODE_SCHEMA = {
  summary: "Codes in, sound out",
  tags: ["codec"],
  consumes: ["application/octet-stream", "multipart/form-data"],
  produces: ["audio/wav"],
  querystring: DECODE_QUERY,
};
const LINK_SCHEMA = {
  summary: "Codes in the address, sound out",
  tags: ["codec"],
  produces: ["audio/wav"],
  querystring: DECODE_LINK_QUERY,
};

/**
 * `POST /v1/decode`: codes in any format in, WAV out. `GET /v1/decode`: the same by an address
 * alone, for players.
 */
export const decodeRoute: FastifyPluginAsync<RouteContext> = async (app, context) => {
  app.post<{ Querystring: DecodeQuery }>("/v1/decode", { schema: DECODE_SCHEMA }, async (request, reply) =>
    request.query.stream ? answerPieces(context, request, reply) : answerWhole(context, request, reply),
  );
  app.get<{ Querystring: DecodeLinkQuery }>("/v1/decode", { schema: LINK_SCHEMA }, async (request, reply) => {
    const linked = Buffer.from(request.query.codes, "base64url");
    return request.query.stream ? answerPieces(context, request, reply, linked) : answerWhole(context, request, reply, linked);
  });
};

/** All of the sound, when all of it is made. */
async function answerWhole(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  linked?: Uint8Array,
): Promise<FastifyReply> {
  const { audio, timing, findings, query } = await runJob<DecodeQuery, Decoded>(context, request, reply, (job) =>
    decode(context, job, linked),
  );
  markFindings(reply, findings).header("server-timing", timing);
  return soundType(reply, query, audio.sampleRate).send(soundBytes(audio, query));
}

async function decode(
  { models }: RouteContext,
  { signal, limits, onProgress, times, open }: Job<DecodeQuery>,
  linked?: Uint8Array,
): Promise<Decoded> {
  const { query, bytes } = await open();
  const codec = await models.codec(query.model);
  const { frameRate, layers } = codec.info;
  const sent = await readAll(bytes, maxCodesBytes(limits, frameRate * layers), signal);
  const parsed = parseCodes(linked ?? sent, {
    axes: query.axes,
    salvage: !query.strict,
    expectedModel: codec.info,
    ...(query.format && { name: `codes.${query.format}` }),
  });
  assertUsable(parsed, query.strict);
  assertShort(parsed.codes.frames, codec, limits);
  const audio = await times.of("decode", () => codec.decode(parsed.codes, { ...selectionOf(query), signal, onProgress }));
  return { audio, query, timing: String(times), findings: findingsOf(parsed, codec) };
}

/** Sound as it is made, from a token file or lines of codes that may still come. */
async function answerPieces(
  context: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
  linked?: Uint8Array,
): Promise<FastifyReply> {
  const { models } = context;
  let type: () => FastifyReply = () => reply;
  const answer: Readable = await streamJob<DecodeQuery>(context, request, reply, async function* ({ signal, limits, open }) {
    const { query, bytes } = await open();
    const codec = await models.codec(query.model);
    type = () => soundType(reply, query, codec.info.sampleRate);
    yield* soundPieces(codec, arrivingCodes(linked ? inFront(linked, bytes) : bytes), query, { signal, maxSeconds: limits.maxSeconds });
  });
  return type().send(answer);
}

/** What the address holds, and after it the body, which is read for its pace and has nothing. */
async function* inFront(linked: Uint8Array, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const _ of body); // a slot is taken when all of it is there
  yield linked;
}

/**
 * @throws CodecError `bad-format` for a file that holds nothing, or is not finished where only
 * whole ones are wanted
 */
function assertUsable({ codes, complete }: ParsedCodes, strict: boolean | undefined): void {
  if (complete || (codes.frames > 0 && !strict)) return;
  throw new CodecError(
    "bad-format",
    `Cannot decode the codes: the file is cut short, ${codes.frames} frames are there; send the whole file`,
  );
}

function findingsOf({ codes, complete, damage, notes }: ParsedCodes, { info }: Codec): SoundFinding[] {
  const assumed = assumedModel(codes, info);
  const said = assumed ? [...notes, assumed.reason] : notes;
  const cut = complete ? [] : [`the file is cut short: ${codes.frames} frames are there`];
  const broken = [...cut, ...damage.map(({ reason, offset }) => `${reason}, at byte ${offset}`)];
  return [...said.map((reason) => ({ kind: "note", reason }) as const), ...broken.map((reason) => ({ kind: "damage", reason }) as const)];
}
