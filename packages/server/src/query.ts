/** Queries of the routes: their forms for the validator, and their types. */
import { CODES_FORMATS, type Attention, type CodesFormat } from "@twelvehz/codec";

/** Query of `POST /v1/encode`. */
export interface EncodeQuery {
  /** Keep the first N layers. */
  readonly layers?: number;
  readonly attention?: Attention;
  /** Form of the answer; default: what Accept asks for, else `t12`. */
  readonly format?: CodesFormat;
  /** Refuse sound that is damaged or cut short. Default false: the header twelvehz-findings tells of it. */
  readonly strict?: boolean;
  /** Default: the default model. */
  readonly model?: string;
}

/** Query of `POST /v1/decode`. */
export interface DecodeQuery {
  /** Use the first N layers. */
  readonly layers?: number;
  /** Use this layer alone, from 0. */
  readonly onlyLayer?: number;
  /** Leave these layers out, such as `3,5,7`. */
  readonly muteLayers?: string;
  /** Form of the body; default: what its content says, and JSON for text. */
  readonly format?: CodesFormat;
  /** Order of the axes where the body does not say it. Default `TK`, and the header twelvehz-findings tells where it may be either. */
  readonly axes?: "TK" | "KT";
  /** 32-bit float WAV instead of 16-bit. */
  readonly float?: boolean;
  /** Refuse codes that are damaged or cut short. Default false: the header twelvehz-findings tells of it. */
  readonly strict?: boolean;
  readonly model?: string;
}

const layerCount = { type: "integer", minimum: 1, maximum: 64 };
const layer = { type: "integer", minimum: 0, maximum: 63 };
const format = { type: "string", enum: CODES_FORMATS };
const model = { type: "string", minLength: 1, maxLength: 200 };

/** Form of {@link EncodeQuery}, as JSON Schema. */
export const ENCODE_QUERY: object = {
  type: "object",
  additionalProperties: false,
  properties: {
    layers: layerCount,
    attention: { type: "string", enum: ["reference", "windowed"] },
    format,
    strict: { type: "boolean" },
    model,
  },
};

/** Form of {@link DecodeQuery}, as JSON Schema. */
export const DECODE_QUERY: object = {
  type: "object",
  additionalProperties: false,
  properties: {
    layers: layerCount,
    onlyLayer: layer,
    muteLayers: { type: "string", pattern: "^\\d{1,2}(,\\d{1,2})*$" },
    format,
    axes: { type: "string", enum: ["TK", "KT"] },
    float: { type: "boolean" },
    strict: { type: "boolean" },
    model,
  },
};
