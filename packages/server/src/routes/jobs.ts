import type { FastifyPluginAsync } from "fastify";
import { CodecError } from "@twelvehz/codec";
import type { RouteContext } from "../jobs/jobs.ts";
import type { JobReply } from "../protocol.ts";

/**
 * `GET /v1/jobs/NAME`: how far a request is that its client has named in the header `twelvehz-job`;
 * 404 when none of that name is being answered.
 */
export const jobsRoute: FastifyPluginAsync<RouteContext> = async (app, { progress }) => {
  app.get<{ Params: { readonly name: string } }>("/v1/jobs/:name", async ({ params: { name } }, reply): Promise<JobReply> => {
    if (!progress.has(name))
      throw new CodecError("not-found", `Cannot tell of job ${JSON.stringify(name.slice(0, 64))}: none of that name is being worked on`);
    const { doneSeconds, totalSeconds } = progress.of(name) ?? { doneSeconds: 0, totalSeconds: undefined };
    void reply.header("cache-control", "no-store");
    return totalSeconds === undefined ? { doneSeconds } : { doneSeconds, totalSeconds };
  });
};
