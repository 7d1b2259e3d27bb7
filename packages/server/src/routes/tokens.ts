import type { FastifyPluginAsync } from "fastify";
import type { Gate } from "../access/gate.ts";
import { TOKEN_SECONDS } from "../access/tokens.ts";
import { ServerError } from "../errors/server-error.ts";

const SCHEMA = { summary: "A short-lived token for a page", tags: ["operation"] };

/**
 * `POST /v1/tokens`: whoever has a key gets a token to hand to a page. A token gets none: it would
 * live for ever.
 */
export const tokensRoute: FastifyPluginAsync<{ readonly gate: Gate }> = async (app, { gate }) => {
  app.post("/v1/tokens", { schema: SCHEMA }, async (request, reply) => {
    const key = /^Bearer (thz_\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const owner = gate.ownerOf(request.raw);
    if (!gate.tokens || owner === undefined || key === undefined)
      throw new ServerError("policy", "Cannot give a token: that takes a key, and a server that was started with a file of keys");
    return reply.header("cache-control", "no-store").send({ token: gate.tokens.issue(owner.digest), seconds: TOKEN_SECONDS });
  });
};
