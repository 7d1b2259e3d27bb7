/** Asks the service worker to keep all files of the page; it answers on the port that comes with it. */
export const KEEP = "keep";

/** Its answer. */
export interface KeepReply {
  readonly isKept: boolean;
}
