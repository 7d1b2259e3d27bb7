/** Queries of the routes: their forms for the validator, and their types. */
import { CODES_FORMATS, type Attention, type CodesFormat } from "@twelvehz/codec";

/** Query of `POST /v1/encode`. */
export interface EncodeQuery {
  /** Keep the first N layers. */
  readonly layers?: number;
  readonly attention?: Attention;
  /** Form of the answer; default: what Accept asks for, else `t12`. */
  readonly format?: CodesFormat;
  /**
   * Answer with a token file while it is made, and while the body may still come. Default false:
   * the answer begins when all of it is made.
   */
  readonly stream?: boolean;
  /**
   * Refuse sound that is damaged or cut short. Default false: the header twelvehz-findings tells of
   * it.
   */
  readonly strict?: boolean;
  /** Default: the default model. */
  readonly model?: string;
}

/** How sound is decoded and answered. */
export interface SoundQuery {
  /** Use the first N layers. */
  readonly layers?: number;
  /** Use this layer alone, from 0. */
  readonly onlyLayer?: number;
  /** Leave these layers out, such as `3,5,7`. */
  readonly muteLayers?: string;
  /** 32-bit float WAV instead of 16-bit. */
  readonly float?: boolean;
  /** Samples alone, without the header of a WAV file. */
  readonly raw?: boolean;
  /**
   * Answer while the sound is made, and while the body may still come. Default false: the answer
   * begins when all of it is made.
   */
  readonly stream?: boolean;
  /**
   * Refuse what is damaged or cut short. Default false: the header twelvehz-findings tells of it.
   */
  readonly strict?: boolean;
  readonly model?: string;
}

/** Query of `POST /v1/decode`. */
export interface DecodeQuery extends SoundQuery {
  /** Form of the body; default: what its content says, and JSON for text. */
  readonly format?: CodesFormat;
  /**
   * Order of the axes where the body does not say it. Default `TK`, and the header
   * twelvehz-findings tells where it may be either.
   */
  readonly axes?: "TK" | "KT";
}

/** Query of `GET /v1/decode`. */
export interface DecodeLinkQuery extends DecodeQuery {
  /** A file of codes, in the alphabet of base64url. */
  readonly codes: string;
  /** A token of `POST /v1/tokens`, where keys are wanted and the header `Authorization` cannot be set. */
  readonly token?: string;
}

/** Query of `POST /v1/roundtrip`. */
export interface RoundtripQuery extends SoundQuery {
  readonly attention?: Attention;
}

const layerCount = { type: "integer", minimum: 1, maximum: 64 };
const layer = { type: "integer", minimum: 0, maximum: 63 };
const format = { type: "string", enum: CODES_FORMATS };
const model = { type: "string", minLength: 1, maxLength: 200 };

const flag = { type: "boolean" };
const attention = { type: "string", enum: ["reference", "windowed"] };
const axes = { type: "string", enum: ["TK", "KT"] };
const sound = {
  layers: layerCount,
  onlyLayer: layer,
  muteLayers: { type: "string", pattern: "^\\d{1,2}(,\\d{1,2})*$" },
  float: flag,
  raw: flag,
  stream: flag,
  strict: flag,
  model,
};

function form(properties: object, required: readonly string[] = []): object {
  return { type: "object", additionalProperties: false, properties, required };
}

/** Form of {@link EncodeQuery}, as JSON Schema. */
export const ENCODE_QUERY: object = form({ layers: layerCount, attention, format, stream: flag, strict: flag, model });
/** Form of {@link DecodeQuery}, as JSON Schema. */
export const DECODE_QUERY: object = form({ ...sound, format, axes });
/** Form of {@link DecodeLinkQuery}, as JSON Schema. */
export const DECODE_LINK_QUERY: object = form(
  {
    ...sound,
    format,
    axes,
    codes: { type: "string", pattern: "^[A-Za-z0-9_-]+=*$", description: "a file of codes in base64url" },
    token: { type: "string", pattern: "^[\\w.-]*$", description: "of POST /v1/tokens, where keys are wanted" },
  },
  ["codes"],
);
/** Form of {@link RoundtripQuery}, as JSON Schema. */
export const ROUNDTRIP_QUERY: object = form({ ...sound, attention });
