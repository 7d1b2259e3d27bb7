import type { FastifyBaseLogger, FastifyInstance } from "fastify";

/**
 * Writes a line for every answer. The route and not the address, which may hold codes; no bodies,
 * no keys.
 */
export function logRequests(app: FastifyInstance, log: FastifyBaseLogger): void {
  app.addHook("onResponse", async (request, reply) => {
    const { method, ip: address } = request;
    const route = request.routeOptions.url ?? "none";
    log.info({ method, route, address, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, "request");
  });
}
