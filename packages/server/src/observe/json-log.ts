import type { FastifyBaseLogger } from "fastify";
import { destination, pino } from "pino";

/** Lines of JSON on the standard error, one for each answer. */
export function jsonLog(): FastifyBaseLogger {
  return pino(destination(2));
}
