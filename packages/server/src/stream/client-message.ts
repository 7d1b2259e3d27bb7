import { Ajv } from "ajv";
import { CodecError } from "@twelvehz/codec";
import type { ClientMessage } from "@twelvehz/client";

const count = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const layer = { type: "integer", minimum: 0, maximum: 63 };
const selection = {
  layers: { type: "integer", minimum: 1, maximum: 64 },
  onlyLayer: layer,
  muteLayers: { type: "array", items: layer, maxItems: 64 },
};
const id = { type: "string", minLength: 1, maxLength: 100 };

function message(type: string, properties: object = {}, required: readonly string[] = []): object {
  return {
    type: "object",
    properties: { type: { const: type }, ...properties },
    required: ["type", ...required],
    additionalProperties: false,
  };
}

const resume = {
  type: "object",
  properties: { session: id, token: id, received: count },
  required: ["session", "token", "received"],
  additionalProperties: false,
};

/** Forms of the text messages of a client, by their type; JSON Schema. */
export const CLIENT_MESSAGES: Readonly<Record<ClientMessage["type"], object>> = {
  start: message("start", {
    ...selection,
    model: { type: "string", minLength: 1, maxLength: 200 },
    pcm: { enum: ["s16", "f32"] },
    attention: { enum: ["reference", "windowed"] },
    codeLayers: { type: "integer", minimum: 1, maximum: 64 },
    resume,
  }),
  setLayers: message("setLayers", selection),
  conceal: message("conceal", { frames: { type: "integer", minimum: 1, maximum: 25 } }),
  flush: message("flush"),
  finish: message("finish"),
  keepalive: message("keepalive"),
};

const ajv = new Ajv({ allErrors: false });
const VALIDATORS = new Map(Object.entries(CLIENT_MESSAGES).map(([type, schema]) => [type, ajv.compile(schema)]));

/**
 * A text message of a client.
 * @throws CodecError `usage` that says what is wrong
 */
export function parseClientMessage(text: string): ClientMessage {
  const value = parsed(text);
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  const validate = VALIDATORS.get(String(type));
  if (!validate)
    throw new CodecError(
      "usage",
      `Cannot use the message: its type is ${JSON.stringify(type)}; there is ${[...VALIDATORS.keys()].join(", ")}`,
    );
  if (!validate(value)) throw new CodecError("usage", `Cannot use the message "${String(type)}": ${problemOf(validate.errors?.[0])}`);
  return value as ClientMessage;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CodecError("usage", "Cannot use the message: it is not JSON; send binary messages for sound and codes");
  }
}

function problemOf(error: { instancePath: string; message?: string; params: Record<string, unknown> } | undefined): string {
  const name = error?.params.additionalProperty;
  if (name !== undefined) return `it has no field "${String(name)}"`;
  return `${error?.instancePath ? `"${error.instancePath.slice(1)}" ` : "it "}${error?.message ?? "is not valid"}`;
}
