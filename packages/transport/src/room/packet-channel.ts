/**
 * The data channel between two ends, the same at both: docs/packets.md, "Rooms". Lost packets are
 * not sent again, and none waits for another: that is for the codec to mend.
 */
export const PACKET_CHANNEL: {
  readonly label: string;
  /** Agreed beforehand, so that neither end has to tell the other. */
  readonly negotiated: true;
  readonly id: number;
  readonly ordered: false;
  readonly maxRetransmits: number;
} = { label: "packets", negotiated: true, id: 1, ordered: false, maxRetransmits: 0 };

/** Bytes that may wait in the channel before packets are dropped: what comes late is worth nothing. */
export const MOST_WAITING_BYTES = 16_000;
