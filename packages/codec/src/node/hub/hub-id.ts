import { CodecError } from "../../errors.ts";
import { assertKind } from "../../misuse.ts";
import { MODEL_FAMILIES } from "../../model/registry.ts";

/** A model on a hub. */
export interface HubId {
  /** `OWNER/NAME`. */
  readonly repo: string;
  /** Folder in the repository, such as `speech_tokenizer`; empty for its root. */
  readonly subfolder: string;
}

/** The model that is downloaded where none is named: the first that a family names. */
export const PUBLISHED_MODEL: string = MODEL_FAMILIES.flatMap(({ hubIds }) => hubIds)[0]!;

const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}$/;
const COMMIT = /^[0-9a-f]{40}$/;

/** Reads `OWNER/NAME` or `OWNER/NAME/FOLDER`; undefined for anything else, such as a path. */
export function parseHubId(text: string): HubId | undefined {
  assertKind(text, "name", "string");
  const segments = text.split("/");
  const usable = segments.every((part) => SEGMENT.test(part) && !part.includes("..") && !part.endsWith("."));
  if (segments.length < 2 || !usable || segments.slice(0, 2).some((part) => part.includes("--"))) return undefined;
  return { repo: segments.slice(0, 2).join("/"), subfolder: segments.slice(2).join("/") };
}

/**
 * Reads an id that must be one.
 * @throws CodecError `usage`
 */
export function requireHubId(text: string): HubId {
  const id = parseHubId(text);
  if (id) return id;
  throw new CodecError("usage", `Cannot use "${text}" as the name of a model on a hub: give OWNER/NAME, such as ${PUBLISHED_MODEL}`);
}

/** The id as it is written. */
export function formatHubId({ repo, subfolder }: HubId): string {
  return subfolder === "" ? repo : `${repo}/${subfolder}`;
}

/** Whether a revision is a commit and not the name of a branch or tag. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/**
 * Checks the name of a branch, tag or commit, which also becomes a name in the cache.
 * @throws CodecError `usage`
 */
export function requireRevision(revision: string): string {
  if (/^\w[\w./-]{0,199}$/.test(revision) && !revision.split("/").some((part) => part === "" || part.startsWith("."))) return revision;
  throw new CodecError("usage", `Cannot use "${revision}" as a revision: give the name of a branch or tag, or a commit`);
}
