import type { IncomingMessage } from "node:http";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";

/**
 * Writes a line for every answer. The route and not the address, which may hold codes; no bodies,
 * no keys.
 */
export function logRequests(app: FastifyInstance, log: FastifyBaseLogger, addressOf: (request: IncomingMessage) => string): void {
  app.addHook("onResponse", async (request, reply) => {
    const { method, raw } = request;
    const route = request.routeOptions.url ?? "none";
    log.info({ method, route, address: addressOf(raw), status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, "request");
  });
}
