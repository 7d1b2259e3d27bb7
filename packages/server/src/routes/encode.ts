import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import {
  type Codes,
  CodecError,
  type CodesFormat,
  encodeSound,
  monoStream,
  serializeCodes,
  type SoundFinding,
  TokenFileWriter,
} from "@twelvehz/codec";
import { markFindings } from "../jobs/findings-header.ts";
import { type Job, type RouteContext, runJob, streamJob } from "../jobs/jobs.ts";
import { openSoundJob } from "../jobs/sound-job.ts";
import { ENCODE_QUERY, type EncodeQuery } from "../query.ts";

/** Codes, and how long they took. */
interface Encoded {
  readonly codes: Codes;
  readonly format: CodesFormat;
  readonly timing: string;
  readonly findings: readonly SoundFinding[];
}

const SCHEMA = {
  summary: "A sound file in, codes out",
  tags: ["codec"],
  consumes: ["application/octet-stream", "multipart/form-data"],
  produces: ["application/octet-stream", "application/json"],
  querystring: ENCODE_QUERY,
};

/** `POST /v1/encode`: a sound file in, codes out. */
export const encodeRoute: FastifyPluginAsync<RouteContext> = async (app, context) => {
  app.post<{ Querystring: EncodeQuery }>("/v1/encode", { schema: SCHEMA }, async (request, reply) => {
    if (request.query.stream) return answerPieces(context, request, reply);
    const { codes, format, timing, findings } = await runJob<EncodeQuery, Encoded>(context, request, reply, (job) =>
      encode(context, job, request.headers.accept),
    );
    return markFindings(reply, findings)
      .header("server-timing", timing)
      .type(format === "json" ? "application/json" : "application/octet-stream")
      .send(Buffer.from(serializeCodes(codes, format)));
  });
};

async function encode({ models }: RouteContext, job: Job<EncodeQuery>, accept: string | undefined): Promise<Encoded> {
  const { query, codec, sound } = await openSoundJob(models, job);
  const { signal, onProgress, times } = job;
  const { layers, attention } = query;
  const { codes, findings } = await times.of("encode", () => encodeSound(codec, sound, { layers, attention, signal, onProgress }));
  const format = query.format ?? acceptedFormat(accept);
  return { codes, format, timing: String(times), findings };
}

/**
 * A token file as it is made, a block for each piece of sound, so that its frames can be read at
 * once.
 */
async function answerPieces(context: RouteContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const answer = await streamJob<EncodeQuery>(context, request, reply, async function* (job) {
    const { query, codec, sound } = await openSoundJob(context.models, job, assertGrowing);
    const { signal } = job;
    const { layers, attention = "windowed" } = query;
    let samples = 0;
    const counted = async function* (): AsyncGenerator<Float32Array> {
      for await (const piece of monoStream(sound, codec.info.sampleRate, { signal })) {
        samples += piece.length;
        yield piece;
      }
    };
    let file: TokenFileWriter | undefined;
    for await (const codes of codec.encodeChunks(counted(), { layers, attention, signal })) {
      file ??= new TokenFileWriter(codes.spec);
      yield Buffer.concat([file.push(codes), file.flushBlock()]);
    }
    if (file) yield file.finish(samples);
  });
  return reply.type("application/octet-stream").send(answer);
}

/** @throws CodecError `usage` for a format that cannot be read while it grows */
function assertGrowing({ format }: EncodeQuery): void {
  if (format !== undefined && format !== "t12")
    throw new CodecError("usage", `Cannot answer with ${format} as it is made: only "t12" can be read while it grows`);
}

/** JSON for those who ask for it, a token file for everyone else. */
function acceptedFormat(accept: string | undefined): CodesFormat {
  return accept?.includes("application/json") ? "json" : "t12";
}
