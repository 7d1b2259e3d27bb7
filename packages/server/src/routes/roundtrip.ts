import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { type Audio, encodeSound, monoStream, type SoundFinding } from "@twelvehz/codec";
import { markFindings } from "../jobs/findings-header.ts";
import { type Job, type RouteContext, runJob, streamJob } from "../jobs/jobs.ts";
import { openSoundJob } from "../jobs/sound-job.ts";
import { ROUNDTRIP_QUERY, type RoundtripQuery } from "../query.ts";
import { selectionOf, soundBytes, soundPieces, soundType } from "../jobs/sound-answer.ts";

/** Sound that went through codes, and how long it took. */
interface Returned {
  readonly audio: Audio;
  readonly query: RoundtripQuery;
  readonly timing: string;
  readonly findings: readonly SoundFinding[];
}

const SCHEMA = {
  summary: "A sound file in, the sound of its codes out",
  tags: ["codec"],
  consumes: ["application/octet-stream", "multipart/form-data"],
  produces: ["audio/wav"],
  querystring: ROUNDTRIP_QUERY,
};

/** `POST /v1/roundtrip`: a sound file in, the sound that its codes stand for out. */
export const roundtripRoute: FastifyPluginAsync<RouteContext> = async (app, context) => {
  app.post<{ Querystring: RoundtripQuery }>("/v1/roundtrip", { schema: SCHEMA }, async (request, reply) => {
    if (request.query.stream) return answerPieces(context, request, reply);
    const { audio, findings, timing, query } = await runJob<RoundtripQuery, Returned>(context, request, reply, (job) =>
      roundtrip(context, job),
    );
    return soundType(markFindings(reply, findings).header("server-timing", timing), query, audio.sampleRate).send(soundBytes(audio, query));
  });
};

async function roundtrip({ models }: RouteContext, job: Job<RoundtripQuery>): Promise<Returned> {
  const { query, codec, sound } = await openSoundJob(models, job);
  const { signal, onProgress, times } = job;
  const { attention } = query;
  const { codes, findings } = await times.of("encode", () => encodeSound(codec, sound, { attention, signal, onProgress }));
  const audio = await times.of("decode", () => codec.decode(codes, { ...selectionOf(query), signal }));
  return { audio, query, timing: String(times), findings };
}

async function answerPieces(context: RouteContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  let type: () => FastifyReply = () => reply;
  const answer = await streamJob<RoundtripQuery>(context, request, reply, async function* (job) {
    const { query, codec, sound } = await openSoundJob(context.models, job);
    type = () => soundType(reply, query, codec.info.sampleRate);
    const { signal, limits } = job;
    const { attention = "windowed" } = query;
    const codes = codec.encodeChunks(monoStream(sound, codec.info.sampleRate, { signal }), { attention, signal });
    yield* soundPieces(codec, codes, query, { signal, maxSeconds: limits.maxSeconds });
  });
  return type().send(answer);
}
