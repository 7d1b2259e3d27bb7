import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { SUBPROTOCOL, type StreamKind } from "@twelvehz/client";
import { VERSION } from "./package-version.ts";
import { CLIENT_MESSAGES } from "./stream/client-message.ts";

/** `GET /v1/openapi.json`: what the routes take, and what streams are told, from the very forms that check it. */
export function describeRoutes(app: FastifyInstance): void {
  void app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "twelvehz",
        description: "Speech to codes and back. Streams over WebSocket: docs/protocol.md.",
        version: VERSION,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      security: [{}, { key: [] }],
      components: {
        securitySchemes: { key: { type: "http", scheme: "bearer" } },
        schemas: { StreamMessage: { oneOf: Object.values(CLIENT_MESSAGES) } },
      },
      paths: { "/v1/stream/encode": streamPath("encode"), "/v1/stream/decode": streamPath("decode") },
    },
  });
  void app.register(async (routes) => {
    routes.get("/v1/openapi.json", { schema: { summary: "This description", tags: ["operation"] } }, async () => app.swagger());
  });
}

function streamPath(kind: StreamKind): object {
  const binary = kind === "encode" ? "sound, to codes" : "codes, to sound";
  return {
    get: {
      summary: kind === "encode" ? "Codes while sound comes" : "Sound while codes come",
      description: `WebSocket (RFC 6455). Text messages of the client are of the schema StreamMessage, binary ones are ${binary}: docs/protocol.md.`,
      tags: ["streams"],
      parameters: [{ name: "Sec-WebSocket-Protocol", in: "header", required: true, schema: { type: "string", const: SUBPROTOCOL } }],
      responses: {
        "101": { description: "The stream is open: send `start`" },
        "503": { description: "Full: try again after `Retry-After`" },
      },
    },
  };
}
