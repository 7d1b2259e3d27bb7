import type { FastifyPluginAsync } from "fastify";
import { type Codes, type CodesFormat, collectAudio, openAudioStream, serializeCodes, type SoundFinding } from "@twelvehz/codec";
import { type RouteContext, runJob } from "../jobs.ts";
import { ENCODE_QUERY, type EncodeQuery } from "../query.ts";
import { bodyStream } from "../request-body.ts";
import { markFindings } from "../findings-header.ts";

/** Codes, and how long the networks took. */
interface Encoded {
  readonly codes: Codes;
  readonly ms: number;
  readonly findings: readonly SoundFinding[];
}

/** `POST /v1/encode`: a sound file in, codes out. */
export const encodeRoute: FastifyPluginAsync<RouteContext> = async (app, context) => {
  app.post<{ Querystring: EncodeQuery }>("/v1/encode", { schema: { querystring: ENCODE_QUERY } }, async (request, reply) => {
    const { query, raw } = request;
    const format = query.format ?? acceptedFormat(request.headers.accept);
    const { codes, ms, findings } = await runJob(
      context,
      { request: raw, response: reply.raw },
      async ({ signal, turn, onProgress }): Promise<Encoded> => {
        const { maxBytes, maxSeconds } = context.limits;
        const codec = await context.models.codec(query.model);
        const sound = await openAudioStream(bodyStream(raw, maxBytes), { signal, maxSeconds, strict: query.strict });
        const audio = await collectAudio(sound, codec.info.sampleRate, { signal });
        await turn();
        const began = performance.now();
        const encoded = await codec.encode(audio, { layers: query.layers, attention: query.attention, signal, onProgress });
        return { codes: encoded, ms: performance.now() - began, findings: sound.findings };
      },
    );
    return markFindings(reply, findings)
      .header("server-timing", `encode;dur=${ms.toFixed(1)}`)
      .type(format === "json" ? "application/json" : "application/octet-stream")
      .send(Buffer.from(serializeCodes(codes, format)));
  });
};

/** JSON for those who ask for it, a token file for everyone else. */
function acceptedFormat(accept: string | undefined): CodesFormat {
  return accept?.includes("application/json") ? "json" : "t12";
}
