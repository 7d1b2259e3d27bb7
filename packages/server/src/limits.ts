/** What one stream over WebSocket, and all of them, may take. */
export interface StreamLimits {
  /** Sound that a client may send beyond what was acknowledged, seconds. Default 4. */
  readonly windowSeconds: number;
  /** Bytes of a message. Default 262144: 2.7 s of 32-bit sound. */
  readonly maxMessageBytes: number;
  /** Messages of a client in any second. Default 2000. */
  readonly messagesPerSecond: number;
  /** Seconds of sound in a session. Default 14400: 4 hours. */
  readonly maxStreamSeconds: number;
  /** Seconds in which `start` has to come. Default 5. */
  readonly startSeconds: number;
  /** Seconds without a message after which a stream is closed with 4408. Default 30. */
  readonly idleSeconds: number;
  /** Seconds between two pings; a client that answers none of two is gone. Default 10. */
  readonly pingSeconds: number;
  /** Seconds for which a stream that lost its connection can be resumed. Default 20. */
  readonly resumeSeconds: number;
  /** Seconds that a client which reads nothing is waited for. Default 5. */
  readonly unreadSeconds: number;
  /** Pieces that a message may come in. Default 16. */
  readonly maxFragments: number;
  /** Connections for streams. Default 256. */
  readonly maxSockets: number;
  /** Of them, those of one address; as many more for rooms. Default 64. */
  readonly socketsPerAddress: number;
}

/** What the rooms of calls may take. */
export interface RoomLimits {
  /** Rooms at once; 0 = none. Default 256; 0 where keys are wanted, as rooms want none. */
  readonly maxRooms: number;
  /** Bytes that are handed on in a room. Default 64 MB: seven hours of a call that finds no other way. */
  readonly roomBytes: number;
  /** Bytes of a message: an offer of WebRTC has some 2000, a packet 200. Default 16384. */
  readonly roomMessageBytes: number;
  /** Messages of both ends in any second. Default 200. */
  readonly roomMessagesPerSecond: number;
  /** Seconds without a message after which a room is closed with 4408. Default 3600. */
  readonly roomIdleSeconds: number;
}

/** What one request and all requests together may take. */
export interface ServerLimits extends StreamLimits, RoomLimits {
  /** Bytes of a request's body. Default 100 MB: 5 minutes of stereo WAV fit. */
  readonly maxBytes: number;
  /** Seconds of sound in a request. Default 300. */
  readonly maxSeconds: number;
  /**
   * Streams and requests that are worked for at once, 1 or more; what comes beyond them is refused
   * with 503 or 1013. Default: as many streams of the default model as its engines compute in real
   * time; 8 with the compact model in one.
   */
  readonly slots: number;
  /**
   * Of them, those of one address; 0 = half of them, rounded up, for an address of another machine
   * where no key is wanted, and all of them for others. Default 0.
   */
  readonly slotsPerAddress: number;
  /**
   * Bytes a second below which a body stands still. Default 200: codes of all layers at the pace at
   * which they are spoken are 275.
   */
  readonly floorBytesPerSecond: number;
  /**
   * Seconds at the floor rate that have to come before a request takes a place, and that a body may
   * be silent after that without losing it. Default 1.
   */
  readonly steadySeconds: number;
  /** Seconds of standing still after which a request is given up with 408. Default 30. */
  readonly patienceSeconds: number;
  /** Seconds in which the header of a request has to come. Default 10. */
  readonly headerSeconds: number;
  /**
   * Seconds from the first byte of a request to its answer. Default 300: a sound of 5 minutes at
   * the pace at which it is spoken.
   */
  readonly requestSeconds: number;
  /** Seconds that requests in progress have to end when the server closes. Default 10. */
  readonly closeSeconds: number;
}

/** What holds where nothing else is said. */
export const DEFAULT_LIMITS: ServerLimits = {
  maxBytes: 100_000_000,
  maxSeconds: 300,
  slots: 8,
  slotsPerAddress: 0,
  floorBytesPerSecond: 200,
  steadySeconds: 1,
  patienceSeconds: 30,
  headerSeconds: 10,
  requestSeconds: 300,
  closeSeconds: 10,
  windowSeconds: 4,
  maxMessageBytes: 262_144,
  messagesPerSecond: 2000,
  maxStreamSeconds: 14_400,
  startSeconds: 5,
  idleSeconds: 30,
  pingSeconds: 10,
  resumeSeconds: 20,
  unreadSeconds: 5,
  maxFragments: 16,
  maxSockets: 256,
  socketsPerAddress: 64,
  maxRooms: 256,
  roomBytes: 64_000_000,
  roomMessageBytes: 16_384,
  roomMessagesPerSecond: 200,
  roomIdleSeconds: 3600,
};

/**
 * Bytes that the wordiest format takes for one code: JSON with a line of its own for each,
 * indented.
 */
const BYTES_PER_CODE = 16;
/** Bytes of a file of codes beside the codes. */
const OTHER_BYTES = 65_536;

/** Bytes that a file of codes for `maxSeconds` of sound may have, in any format. */
export function maxCodesBytes(limits: ServerLimits, codesPerSecond: number): number {
  return Math.min(limits.maxBytes, OTHER_BYTES + Math.ceil(limits.maxSeconds * codesPerSecond) * BYTES_PER_CODE);
}
