// The first packet of each end of a link: docs/packets.md, "Hello". It is authentic, not secret.
import { CodecError, type CodesSpec, joinBytes } from "@twelvehz/codec";
import { isSame } from "../sframe/cipher-suite.ts";
import { ascii, hkdf } from "../sframe/key-derivation.ts";

/** Which end of a link: `dialer` speaks first. */
export type LinkRole = "dialer" | "listener";

/** First byte of a hello: kind and version. */
export const HELLO_MARKER = 0xf1;
/** Bytes of a salt. */
export const SALT_BYTES = 8;
const LISTENER_FLAG = 1;
const BODY_BYTES = 38;
const TAG_BYTES = 8;

/** What a hello says. */
export interface Hello {
  readonly role: LinkRole;
  /** 8 random bytes of this end, new for every link. */
  readonly salt: Uint8Array;
  /** The other end's, or zeros where it is not known yet. */
  readonly peerSalt: Uint8Array;
  /** 32 hexadecimal digits; zeros where no model is known. */
  readonly modelId: string;
  /** K of the model. */
  readonly layers: number;
  /** V of the model. */
  readonly codebookSize: number;
  /** SFrame cipher suite; the dialer's is used. */
  readonly suite: number;
}

/** What an id is where no model is known. */
export const NO_MODEL: string = "0".repeat(32);

/** The model's part of a hello. */
export function helloModel({ model, layers, codebookSize }: CodesSpec): Pick<Hello, "modelId" | "layers" | "codebookSize"> {
  return { modelId: model?.id ?? NO_MODEL, layers, codebookSize };
}

/** What makes hellos authentic, from the secret that both ends share. */
export async function helloKey(secret: Uint8Array): Promise<CryptoKey> {
  const raw = await hkdf("SHA-256", secret, new Uint8Array(0), ascii("twelvehz hello 1"), 32);
  return crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

/** Bytes of a hello. */
export async function writeHello(hello: Hello, key: CryptoKey): Promise<Uint8Array> {
  const body = new Uint8Array(BODY_BYTES);
  body.set([HELLO_MARKER, hello.role === "listener" ? LISTENER_FLAG : 0]);
  body.set(hello.salt, 2);
  body.set(hello.peerSalt, 10);
  body.set(modelIdBytes(hello.modelId), 18);
  body.set([hello.layers, hello.suite], 34);
  new DataView(body.buffer).setUint16(36, hello.codebookSize, true);
  return joinBytes([body, await tagOf(body, key)]);
}

/** The 16 bytes of a model's id. */
export function modelIdBytes(id: string): Uint8Array {
  return Uint8Array.from(id.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

async function tagOf(body: Uint8Array<ArrayBuffer>, key: CryptoKey): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, body), 0, TAG_BYTES);
}

/**
 * Reads a hello.
 * @throws CodecError `bad-format` when it has another length, or was made with another key
 */
export async function readHello(bytes: Uint8Array, key: CryptoKey): Promise<Hello> {
  if (bytes.length !== BODY_BYTES + TAG_BYTES || bytes[0] !== HELLO_MARKER)
    throw new CodecError(
      "bad-format",
      `Cannot read ${bytes.length} bytes as a hello: it has ${BODY_BYTES + TAG_BYTES} and begins with 0xf1`,
    );
  const body = Uint8Array.from(bytes.subarray(0, BODY_BYTES));
  if (!isSame(bytes.subarray(BODY_BYTES), await tagOf(body, key)))
    throw new CodecError("bad-format", "Cannot talk to the other end: it has another key; give both ends the same");
  return {
    role: body[1] & LISTENER_FLAG ? "listener" : "dialer",
    salt: body.subarray(2, 10),
    peerSalt: body.subarray(10, 18),
    modelId: [...body.subarray(18, 34)].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    layers: body[34],
    suite: body[35],
    codebookSize: new DataView(body.buffer).getUint16(36, true),
  };
}
