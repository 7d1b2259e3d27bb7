import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { CodecError, messageOf } from "@twelvehz/codec";
import { ServerError } from "../errors/server-error.ts";

/** A form that is being read. */
export interface FormBody {
  /** Text fields that came before the file. */
  readonly fields: Readonly<Record<string, string>>;
  /** The content of the field `file`. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Field that holds the file. */
const FILE_FIELD = "file";
/** Far more than there are options; their values are short. */
const LIMITS = { files: 1, fields: 20, fieldNameSize: 100, fieldSize: 1000, headerPairs: 20 };

/** Whether a Content-Type announces `multipart/form-data` (RFC 7578). */
export function isForm(contentType: string | undefined): contentType is string {
  return /^multipart\/form-data\b/i.test(contentType ?? "");
}

/**
 * Reads a form up to its field `file`, whose content then comes as it arrives.
 * @throws CodecError `usage` when it has no such field, or is no form; what `body` fails with
 */
export async function openForm(body: AsyncIterable<Uint8Array>, contentType: string): Promise<FormBody> {
  const form = parserFor(contentType);
  const fields: Record<string, string> = Object.create(null);
  form.on("field", (name, value) => (fields[name] = value));
  const file = new Promise<Readable>((resolve, reject) => {
    form.on("file", (name, stream) => {
      if (name === FILE_FIELD) resolve(stream);
      else reject(new CodecError("usage", `Cannot use the form: its file is in the field ${JSON.stringify(name)}; call the field "file"`));
    });
    form.on("finish", () => reject(new CodecError("usage", 'Cannot use the form: it has no file in a field "file"; add one')));
    pipeline(Readable.from(body, { objectMode: false }), form).catch((error: unknown) => {
      reject(formError(error));
      void file.then(
        (stream) => stream.destroy(formError(error)),
        () => undefined,
      );
    });
  });
  try {
    const stream = await file;
    return { fields, bytes: contentOf(stream, form) };
  } catch (error) {
    form.destroy();
    throw error;
  }
}

async function* contentOf(stream: Readable, form: BusboyInstance): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* stream as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw formError(error);
  } finally {
    form.destroy();
  }
}

function parserFor(contentType: string): BusboyInstance {
  try {
    return Busboy({ headers: { "content-type": contentType }, limits: LIMITS });
  } catch (error) {
    throw formError(error);
  }
}

/** Errors of our own are kept; what the parser says is about the form. */
function formError(error: unknown): Error {
  if (error instanceof CodecError || error instanceof ServerError) return error;
  return new CodecError("usage", `Cannot use the form: ${messageOf(error)}; send multipart/form-data with the file in a field "file"`);
}
