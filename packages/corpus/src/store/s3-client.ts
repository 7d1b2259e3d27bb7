import { setTimeout as sleep } from "node:timers/promises";
import type { S3Client } from "@aws-sdk/client-s3";
import { CodecError, messageOf } from "@twelvehz/codec/node";
import { PassingFailure } from "./passing-failure.ts";

/** Tries of a request whose failure may pass. The first pause is a tenth of a second, the next twice as long. */
const MOST_TRIES = 9;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** The console is not the library's. */
const SILENT = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}

type Sdk = typeof import("@aws-sdk/client-s3");
let opened: Promise<{ readonly sdk: Sdk; readonly client: S3Client }> | undefined;

/**
 * The client, from the environment as every tool of AWS takes it: AWS_REGION, AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL for other providers, profiles.
 */
function openClient(): Promise<{ readonly sdk: Sdk; readonly client: S3Client }> {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true"; // it would write to the console
  opened ??= import("@aws-sdk/client-s3").then((sdk) => {
    const endpoint = process.env["AWS_ENDPOINT_URL_S3"] ?? process.env["AWS_ENDPOINT_URL"];
    const region = process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"] ?? (endpoint === undefined ? undefined : "us-east-1");
    const client = new sdk.S3Client({
      logger: SILENT,
      maxAttempts: 1, // retried here, bodies that are cut short as well
      requestChecksumCalculation: "WHEN_REQUIRED", // others than AWS do not know them
      responseChecksumValidation: "WHEN_REQUIRED",
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    });
    return { sdk, client };
  });
  return opened;
}

/** Splits an address into bucket and key. */
export function parseS3(address: string): { readonly bucket: string; readonly key: string } {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(address) ?? [];
  if (bucket === undefined) throw new CodecError("usage", `Cannot use ${JSON.stringify(address)}: s3://bucket/prefix is wanted`);
  return { bucket, key: key ?? "" };
}

/** What an error of the service says. */
interface ServiceError {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** HTTP status of an error; undefined where there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as ServiceError | null)?.$metadata?.httpStatusCode;
}

/**
 * Asks the service, again where that may help.
 * @param action such as `read`
 * @param ask one try; also reads the body
 * @throws CodecError `not-found`, `no-permission`; PassingFailure
 */
export async function askS3<T>(action: string, address: string, ask: (sdk: Sdk, client: S3Client) => Promise<T>): Promise<T> {
  const { sdk, client } = await openClient();
  for (let tries = 1, pause = FIRST_PAUSE_MS; ; tries++, pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await ask(sdk, client);
    } catch (error) {
      if (error instanceof CodecError) throw error;
      const final = finalError(action, address, error, tries);
      if (final) throw final;
      await sleep(pause * (0.5 + Math.random() / 2));
    }
  }
}

function finalError(action: string, address: string, error: unknown, tries: number): Error | undefined {
  const status = statusOf(error);
  const name = (error as ServiceError | null)?.name ?? "";
  const what = `Cannot ${action} ${JSON.stringify(address)}`;
  const options = { cause: error };
  if (status === 404) return new CodecError("not-found", `${what}: there is no such file or folder`, options);
  if (status === 403 || status === 401)
    return new CodecError("no-permission", `${what}: access is denied; see AWS_ACCESS_KEY_ID and the policy of the bucket`, options);
  if (name === "CredentialsProviderError")
    return new CodecError("no-permission", `${what}: there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`, options);
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429)
    return new CodecError("io", `${what}: the service refuses (${status}, ${messageOf(error)})`, options);
  if (name === "ConfigError" || /region is missing/i.test(messageOf(error)))
    return new CodecError("usage", `${what}: ${messageOf(error)}; set AWS_REGION`, options);
  return tries < MOST_TRIES ? undefined : new PassingFailure(`${what}: ${messageOf(error)}, ${tries} times; go on when it is there again`);
}
