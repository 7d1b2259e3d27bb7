// One end of an encrypted link, without sockets or clocks: docs/packets.md, "Encryption". Datagrams
// go in, what they say comes out.
import { CodecError, type CodesSpec, joinBytes, messageOf } from "@twelvehz/codec";
import { type ControlMessage, readControl, writeControl } from "./control-message.ts";
import { EPOCH_FRAMES, EPOCH_KIDS, EpochKeys } from "./epoch-keys.ts";
import {
  type Hello,
  HELLO_MARKER,
  helloKey,
  helloModel,
  type LinkRole,
  modelIdBytes,
  NO_MODEL,
  readHello,
  SALT_BYTES,
  writeHello,
} from "./hello.ts";
import { type Payload, readPayload } from "../packets/payload.ts";
import { isRtp, RTP_HEADER_BYTES } from "../packets/rtp.ts";
import { type CipherSuite, cipherSuite, isSame } from "../sframe/cipher-suite.ts";
import { decodeSFrameHeader } from "../sframe/header.ts";
import { ascii, hkdf } from "../sframe/key-derivation.ts";
import { ReplayWindow } from "../sframe/replay-window.ts";
import { SFrameKey } from "../sframe/sframe-key.ts";

/** Key id of control messages; codes have 0 to 3. */
const CONTROL_KID = 4;
/** AES_128_CTR_HMAC_SHA256_64. */
const DEFAULT_SUITE = 2;
/** Longer datagrams are none of a link. */
const MOST_BYTES = 2000;

/** Why a datagram was refused. */
export type Refusal = "not-a-packet" | "no-hello" | "wrong-key" | "replay" | "other-model" | "bad-payload";

/** What a datagram said. */
export type LinkEvent =
  /** The other end is there. `answer` = send this to it at once. */
  | { readonly kind: "hello"; readonly answer: Uint8Array | undefined }
  | { readonly kind: "codes"; readonly frame: number; readonly payload: Payload }
  | { readonly kind: "control"; readonly message: ControlMessage }
  /** Nothing of it is used. `answer` = send this to the other end, which is to know why. */
  | { readonly kind: "refused"; readonly reason: Refusal; readonly error: CodecError; readonly answer?: Uint8Array | undefined };

/** How a link is opened. */
export interface SecureLinkOptions {
  readonly role: LinkRole;
  /** What both ends share: see `parseLinkKey`. */
  readonly secret: Uint8Array;
  /** The codes that are sent and taken. */
  readonly spec: CodesSpec;
  /** SFrame cipher suite, 1 to 5; the dialer's is used. Default 2: AES-CTR with tags of 8 bytes. */
  readonly suite?: number | undefined;
  /** Gives 8 random bytes whenever it is called. Default: `crypto.getRandomValues`. */
  readonly newSalt?: (() => Uint8Array) | undefined;
}

/** Keys of one direction. */
interface Direction {
  readonly codes: EpochKeys;
  readonly control: SFrameKey;
}

/** What a link has once it knows the other end. */
interface Session {
  /** The dialer's. */
  readonly suite: number;
  readonly ownSalt: Uint8Array;
  readonly peerSalt: Uint8Array;
  readonly out: Direction;
  readonly in: Direction;
  readonly seenCodes: ReplayWindow;
  readonly seenControl: ReplayWindow;
  /** Control messages that were sealed. */
  controlCount: number;
}

/** One end of an encrypted link: hellos, keys, replay windows. */
export class SecureLink {
  readonly #options: SecureLinkOptions;
  readonly #newSalt: () => Uint8Array;
  readonly #helloKey: CryptoKey;
  /**
   * Of a dialer: one for its whole life, so that no old hello can bring old keys back. A listener
   * takes a new one for every dialer.
   */
  readonly #dialerSalt: Uint8Array;
  #session: Session | undefined;
  /** What a dialer has asked a listener for, and not confirmed yet. */
  #offered: Session | undefined;
  #calls = 0;

  private constructor(options: SecureLinkOptions, key: CryptoKey) {
    this.#options = options;
    this.#helloKey = key;
    this.#newSalt = options.newSalt ?? (() => crypto.getRandomValues(new Uint8Array(SALT_BYTES)));
    this.#dialerSalt = this.#newSalt();
  }

  /** @throws RangeError for a suite that does not exist */
  static async open(options: SecureLinkOptions): Promise<SecureLink> {
    cipherSuite(options.suite ?? DEFAULT_SUITE);
    return new SecureLink(options, await helloKey(options.secret));
  }

  /** True when codes may be sent: the other end has proved that it has the key. */
  get isReady(): boolean {
    return this.#session !== undefined;
  }

  /** How often keys were agreed on: a listener may be dialled again, and all numbers begin anew. */
  get calls(): number {
    return this.#calls;
  }

  /** SFrame cipher suite in use, 1 to 5: the dialer's once it is known, until then this end's own. */
  get suite(): number {
    return this.#session?.suite ?? this.#options.suite ?? DEFAULT_SUITE;
  }

  /**
   * A dialer's hello: sent again and again until the link is ready, and later where the other end
   * falls silent.
   */
  hello(): Promise<Uint8Array> {
    return this.#helloTo(this.#dialerSalt, this.#session?.peerSalt ?? new Uint8Array(SALT_BYTES));
  }

  /**
   * Seals a payload.
   * @param frame number of the payload's first frame; no number may be used twice
   * @throws CodecError `usage` before the link is ready
   */
  async sealCodes(frame: number, payload: Uint8Array): Promise<Uint8Array> {
    const { codes } = this.#ready().out;
    const epoch = Math.floor(frame / EPOCH_FRAMES);
    codes.use(epoch);
    const key = await codes.key(epoch);
    if (!key)
      throw new CodecError("usage", `Cannot send frame ${frame}: its key was given up ${EPOCH_FRAMES} frames ago; send frames in order`);
    return key.seal(BigInt(frame % EPOCH_FRAMES), payload);
  }

  /**
   * Seals a control message.
   * @throws CodecError `usage` before the link is ready
   */
  async sealControl(message: ControlMessage): Promise<Uint8Array> {
    const session = this.#ready();
    return session.out.control.seal(BigInt(session.controlCount++), writeControl(message));
  }

  /** Takes a datagram; one at a time. Whatever it holds, this gives an event and throws nothing. */
  async take(datagram: Uint8Array): Promise<LinkEvent> {
    try {
      if (datagram.length > MOST_BYTES) return refused("not-a-packet", `it has ${datagram.length} bytes, ${MOST_BYTES} at most`);
      if (datagram[0] === HELLO_MARKER) return await this.#takeHello(datagram);
      return await this.#takeSealed(isRtp(datagram) ? datagram.subarray(RTP_HEADER_BYTES) : datagram);
    } catch (error) {
      return {
        kind: "refused",
        reason: "not-a-packet",
        error: error instanceof CodecError ? error : new CodecError("bad-format", messageOf(error)),
      };
    }
  }

  #ready(): Session {
    if (!this.#session) throw new CodecError("usage", "Cannot send before the other end has answered: wait until the link is ready");
    return this.#session;
  }

  async #takeHello(datagram: Uint8Array): Promise<LinkEvent> {
    const hello = await readHello(datagram, this.#helloKey).catch((error: unknown) => error as CodecError);
    if (hello instanceof CodecError) return { kind: "refused", reason: "wrong-key", error: hello };
    const { role, spec } = this.#options;
    if (hello.role === role) return refused("not-a-packet", `both ends are the ${role}; one end listens, the other dials`);
    const own = helloModel(spec);
    if (hello.modelId !== own.modelId || hello.layers !== own.layers || hello.codebookSize !== own.codebookSize)
      return { ...otherModel(hello, spec), answer: role === "listener" ? await this.#helloTo(this.#newSalt(), hello.salt) : undefined };
    return { kind: "hello", answer: await (role === "dialer" ? this.#takeAnswer(hello) : this.#takeCall(hello)) };
  }

  /** At the dialer: the first listener that answers is the one. */
  async #takeAnswer(hello: Hello): Promise<Uint8Array | undefined> {
    if (this.#session || !isSame(hello.peerSalt, this.#dialerSalt)) return undefined;
    this.#session = await this.#sessionWith(hello, this.#dialerSalt);
    this.#calls++;
    return this.hello();
  }

  /**
   * At the listener: a dialer that repeats the listener's fresh salt is there now, and no
   * recording.
   */
  async #takeCall(hello: Hello): Promise<Uint8Array | undefined> {
    const known = [this.#session, this.#offered].find((session) => session && isSame(session.peerSalt, hello.salt));
    const session = known ?? (await this.#sessionWith(hello, this.#newSalt()));
    if (!known) this.#offered = session;
    if (!isSame(hello.peerSalt, session.ownSalt)) return this.#helloTo(session.ownSalt, session.peerSalt);
    this.#confirm(session);
    return undefined;
  }

  #helloTo(salt: Uint8Array, peerSalt: Uint8Array): Promise<Uint8Array> {
    const { role, spec, suite = DEFAULT_SUITE } = this.#options;
    return writeHello({ role, salt, peerSalt, suite, ...helloModel(spec) }, this.#helloKey);
  }

  async #sessionWith(hello: Hello, ownSalt: Uint8Array): Promise<Session> {
    const { role, secret, spec, suite: own = DEFAULT_SUITE } = this.#options;
    const suite = role === "dialer" ? own : hello.suite;
    const used = cipherSuite(suite);
    const salts = role === "dialer" ? joinBytes([ownSalt, hello.salt]) : joinBytes([hello.salt, ownSalt]);
    const direction = (from: LinkRole): Promise<Direction> => openDirection(used, secret, salts, from, spec);
    return {
      suite,
      ownSalt,
      peerSalt: hello.salt,
      out: await direction(role),
      in: await direction(hello.role),
      seenCodes: new ReplayWindow(),
      seenControl: new ReplayWindow(),
      controlCount: 0,
    };
  }

  /** Where a dialer calls again, its first packets may come without the hello that confirms it. */
  async #takeSealed(datagram: Uint8Array): Promise<LinkEvent> {
    const [session, offered] = [this.#session, this.#offered];
    const event = session && (await this.#open(datagram, session));
    if (event && (event.kind !== "refused" || !offered)) return event;
    if (!offered) return refused("no-hello", "the other end has not said hello yet");
    const other = await this.#open(datagram, offered);
    return other.kind === "refused" ? (event ?? other) : other;
  }

  async #open(datagram: Uint8Array, session: Session): Promise<LinkEvent> {
    const header = decodeSFrameHeader(datagram);
    const kid = Number(header.kid);
    if (kid === CONTROL_KID) return this.#takeControl(datagram, header.ctr, header.byteLength, session);
    if (kid >= EPOCH_KIDS || header.ctr >= EPOCH_FRAMES) return refused("not-a-packet", "its key id or counter is none of a link");
    const keys = session.in.codes;
    const epoch = keys.epochOf(kid);
    const key = await keys.key(epoch);
    const frame = epoch * EPOCH_FRAMES + Number(header.ctr);
    if (!key || !session.seenCodes.isNew(frame)) return refused("replay", `frame ${frame} was received before, or is too old`);
    const plaintext = await key.open(datagram, header.ctr, header.byteLength).catch((error: unknown) => error as CodecError);
    if (plaintext instanceof CodecError) return { kind: "refused", reason: "wrong-key", error: plaintext };
    if (!session.seenCodes.isNew(frame)) return refused("replay", `frame ${frame} was received before`); // its copy was opened meanwhile
    session.seenCodes.add(frame);
    keys.use(epoch);
    this.#confirm(session);
    return this.#payloadOf(frame, plaintext);
  }

  async #takeControl(datagram: Uint8Array, ctr: bigint, headerBytes: number, session: Session): Promise<LinkEvent> {
    const count = Number(ctr);
    if (!session.seenControl.isNew(count)) return refused("replay", `control message ${count} was received before`);
    const plaintext = await session.in.control.open(datagram, ctr, headerBytes).catch((error: unknown) => error as CodecError);
    if (plaintext instanceof CodecError) return { kind: "refused", reason: "wrong-key", error: plaintext };
    session.seenControl.add(count);
    this.#confirm(session);
    return { kind: "control", message: readControl(plaintext) };
  }

  /** A genuine packet of an offered session says as much as a hello that answers. */
  #confirm(session: Session): void {
    if (session !== this.#offered) return;
    [this.#session, this.#offered] = [session, undefined];
    this.#calls++;
  }

  #payloadOf(frame: number, plaintext: Uint8Array): LinkEvent {
    try {
      return { kind: "codes", frame, payload: readPayload(plaintext, this.#options.spec) };
    } catch (error) {
      return { kind: "refused", reason: "bad-payload", error: error as CodecError };
    }
  }
}

async function openDirection(
  suite: CipherSuite,
  secret: Uint8Array,
  salts: Uint8Array,
  from: LinkRole,
  spec: CodesSpec,
): Promise<Direction> {
  const derive = (info: Uint8Array): Promise<Uint8Array> => hkdf("SHA-256", secret, salts, info, 32);
  const codes = await derive(joinBytes([ascii(`twelvehz codes 1 ${from}`), modelIdBytes(spec.model?.id ?? NO_MODEL)]));
  const control = await derive(ascii(`twelvehz control 1 ${from}`));
  return { codes: new EpochKeys(suite, codes), control: await SFrameKey.derive(suite, control, BigInt(CONTROL_KID)) };
}

function refused(reason: Refusal, why: string): LinkEvent {
  return { kind: "refused", reason, error: new CodecError("bad-format", `Cannot use a packet: ${why}`) };
}

function otherModel(hello: Hello, { model, layers, codebookSize }: CodesSpec): LinkEvent & { readonly kind: "refused" } {
  const own = `${layers} layers of ${codebookSize}, model ${model ? `"${model.name}", ${model.id}` : "not known"}`;
  const message = `Cannot talk to the other end: its codes are ${hello.layers} layers of ${hello.codebookSize}, model ${hello.modelId}; these are ${own}; both ends need the same model`;
  return { kind: "refused", reason: "other-model", error: new CodecError("model-mismatch", message) };
}
