import type { FastifyPluginAsync } from "fastify";
import {
  assumedModel,
  type Audio,
  type Codec,
  CodecError,
  type Codes,
  encodeWav,
  type ParsedCodes,
  parseCodes,
  type SoundFinding,
} from "@twelvehz/codec";
import { type RouteContext, runJob } from "../jobs.ts";
import { maxCodesBytes, type ServerLimits } from "../limits.ts";
import { DECODE_QUERY, type DecodeQuery } from "../query.ts";
import { readBody } from "../request-body.ts";
import { markFindings } from "../findings-header.ts";

/** Sound, and how long the networks took. */
interface Decoded {
  readonly audio: Audio;
  readonly ms: number;
  readonly findings: readonly SoundFinding[];
}

/** `POST /v1/decode`: codes in any format in, WAV out. */
export const decodeRoute: FastifyPluginAsync<RouteContext> = async (app, context) => {
  app.post<{ Querystring: DecodeQuery }>("/v1/decode", { schema: { querystring: DECODE_QUERY } }, async (request, reply) => {
    const { query, raw } = request;
    const { audio, ms, findings } = await runJob(
      context,
      { request: raw, response: reply.raw },
      async ({ signal, turn, onProgress }): Promise<Decoded> => {
        const codec = await context.models.codec(query.model);
        const { frameRate, layers } = codec.info;
        const bytes = await readBody(raw, maxCodesBytes(context.limits, frameRate * layers), signal);
        const parsed = parseCodes(bytes, {
          salvage: !query.strict,
          expectedModel: codec.info,
          ...(query.format && { name: `codes.${query.format}` }),
        });
        const { codes } = parsed;
        assertUsable(parsed, query.strict);
        assertShort(codes, codec, context.limits);
        await turn();
        const began = performance.now();
        const decoded = await codec.decode(codes, { ...selectionOf(query), signal, onProgress });
        return { audio: decoded, ms: performance.now() - began, findings: findingsOf(parsed, codec) };
      },
    );
    return markFindings(reply, findings)
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

/** @throws CodecError `bad-format` for a file that holds nothing, or is not finished where only whole ones are wanted */
function assertUsable({ codes, complete }: ParsedCodes, strict: boolean | undefined): void {
  if (complete || (codes.frames > 0 && !strict)) return;
  throw new CodecError(
    "bad-format",
    `Cannot decode the codes: the file is cut short, ${codes.frames} frames are there; send the whole file`,
  );
}

function findingsOf({ codes, complete, damage }: ParsedCodes, { info }: Codec): SoundFinding[] {
  const assumed = assumedModel(codes, info);
  const cut = complete ? [] : [`the file is cut short: ${codes.frames} frames are there`];
  const reasons = [...cut, ...damage.map(({ reason, offset }) => `${reason}, at byte ${offset}`)];
  return [
    ...(assumed ? [{ kind: "note", reason: assumed.reason } as const] : []),
    ...reasons.map((reason) => ({ kind: "damage", reason }) as const),
  ];
}
