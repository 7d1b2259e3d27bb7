import type { FastifyPluginAsync } from "fastify";
import type { RouteContext } from "../jobs/jobs.ts";
import type { ModelsReply } from "../protocol.ts";

/** `GET /v1/models`: the models that are installed, and what is known of those that are open. */
export const modelsRoute: FastifyPluginAsync<RouteContext> = async (app, { models }) => {
  app.get(
    "/v1/models",
    { schema: { summary: "Models that are installed", tags: ["codec"] } },
    async (): Promise<ModelsReply> => ({ models: models.list() }),
  );
};
