import type { FastifyReply } from "fastify";
import type { SoundFinding } from "@twelvehz/codec";

/**
 * Header field of an answer that was made from a file which is damaged, cut short or declares wrong
 * numbers: `note` or `damage`, and what it is.
 */
const FINDINGS_HEADER = "twelvehz-findings";
/** Longest value of the field. */
const MAX_LENGTH = 1000;

/** Says in the answer what was wrong with the request's file; nothing where nothing was. */
export function markFindings(reply: FastifyReply, findings: readonly SoundFinding[]): FastifyReply {
  if (findings.length === 0) return reply;
  const text = findings.map(({ kind, reason }) => `${kind}: ${reason}`).join("; ");
  return reply.header(FINDINGS_HEADER, text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, MAX_LENGTH));
}
