import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { VERSION } from "./package-version.ts";

/** `GET /v1/openapi.json`: what the routes take, from the very forms that check it. */
export function describeRoutes(app: FastifyInstance): void {
  void app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "twelvehz",
        description: "Speech to codes and back. Streams over WebSocket: docs/protocol.md.",
        version: VERSION,
        license: { name: "Apache-2.0" },
      },
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
    },
  });
  void app.register(async (routes) => {
    routes.get("/v1/openapi.json", { schema: { summary: "This description", tags: ["operation"] } }, async () => app.swagger());
  });
}
