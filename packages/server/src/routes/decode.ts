import type { FastifyPluginAsync } from "fastify";
import { type Audio, type Codec, CodecError, type Codes, encodeWav, parseCodes } from "@twelvehz/codec";
import { type RouteContext, runJob } from "../jobs.ts";
import { maxCodesBytes, type ServerLimits } from "../limits.ts";
import { DECODE_QUERY, type DecodeQuery } from "../query.ts";
import { readBody } from "../request-body.ts";

/** Sound, and how long the networks took. */
interface Decoded {
  readonly audio: Audio;
  readonly ms: number;
}

/** `POST /v1/decode`: codes in any format in, WAV out. */
export const decodeRoute: FastifyPluginAsync<RouteContext> = async (app, context) => {
  app.post<{ Querystring: DecodeQuery }>("/v1/decode", { schema: { querystring: DECODE_QUERY } }, async (request, reply) => {
    const { query, raw } = request;
    const { audio, ms } = await runJob(context, { request: raw, response: reply.raw }, async ({ signal, turn }): Promise<Decoded> => {
      const codec = await context.models.codec(query.model);
      const { frameRate, layers } = codec.info;
      const bytes = await readBody(raw, maxCodesBytes(context.limits, frameRate * layers), signal);
      const { codes } = parseCodes(bytes, { expectedModel: codec.info, ...(query.format && { name: `codes.${query.format}` }) });
      assertShort(codes, codec, context.limits);
      await turn();
      const began = performance.now();
      const decoded = await codec.decode(codes, { ...selectionOf(query), signal });
      return { audio: decoded, ms: performance.now() - began };
    });
    return reply
      .header("server-timing", `decode;dur=${ms.toFixed(1)}`)
      .type("audio/wav")
      .send(Buffer.from(encodeWav(audio, { float: query.float }).bytes));
  });
};

function selectionOf({ layers, onlyLayer, muteLayers }: DecodeQuery): { layers?: number; onlyLayer?: number; muteLayers?: number[] } {
  return {
    ...(layers !== undefined && { layers }),
    ...(onlyLayer !== undefined && { onlyLayer }),
    ...(muteLayers !== undefined && { muteLayers: muteLayers.split(",").map(Number) }),
  };
}

function assertShort({ frames }: Codes, { info }: Codec, { maxSeconds }: ServerLimits): void {
  const seconds = frames / info.frameRate;
  if (seconds > maxSeconds)
    throw new CodecError(
      "too-large",
      `Cannot decode the codes: they stand for ${seconds.toFixed(1)} s of sound, and the limit is ${maxSeconds} s; cut them`,
    );
}
