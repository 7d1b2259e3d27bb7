import type { FastifyPluginAsync } from "fastify";
import type { RouteContext } from "../jobs/jobs.ts";
import type { ReadyReply } from "../protocol.ts";
import { answerTo, RETRY_SECONDS, ServerError } from "../errors/server-error.ts";

/**
 * `GET /healthz`: the server runs. `GET /readyz`: the default model is loaded; 503 with how much of
 * it is until then.
 */
export const healthRoutes: FastifyPluginAsync<RouteContext> = async (app, { models }) => {
  app.get("/healthz", { schema: { summary: "The server runs", tags: ["operation"] } }, async (_request, reply) =>
    reply.header("cache-control", "no-store").send({ ok: true }),
  );
  app.get("/readyz", { schema: { summary: "The default model is loaded", tags: ["operation"] } }, async (_request, reply) => {
    const { progress, info, failure } = models.state;
    const ready = info !== undefined;
    const problem =
      failure ?? new ServerError("loading", `Cannot work yet: the model ${models.defaultName} is being loaded; try again in a moment`);
    const body: ReadyReply = ready ? { ready, progress, model: info } : { ready, progress, ...answerTo(problem).body };
    if (!ready) reply.header("retry-after", RETRY_SECONDS);
    return reply
      .code(ready ? 200 : 503)
      .header("cache-control", "no-store")
      .send(body);
  });
};
