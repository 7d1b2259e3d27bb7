/**
 * Answer of the service worker to a message that comes with a port, which asks it to keep all files
 * of the page.
 */
export interface KeepReply {
  readonly isKept: boolean;
}
