/**
 * The way to a hub through a proxy that the environment names, as `curl` and the Python packages go
 * it.
 */
import { CodecError } from "../../errors.ts";
import type { Environment } from "./environment.ts";
import type { HubFetch } from "./hub-client.ts";

/** A proxy, and who named it. */
export interface NamedProxy {
  readonly url: URL;
  /** Environment variable that names it, for messages. */
  readonly variable: string;
}

/**
 * The proxy for a scheme: `https_proxy`, `HTTPS_PROXY`, `all_proxy` or `ALL_PROXY`, the first that
 * is set; for `http:` accordingly.
 * @throws CodecError `usage` when what the variable holds is no URL of an HTTP proxy
 */
export function proxyFor(protocol: string, env: Environment): NamedProxy | undefined {
  const scheme = protocol === "http:" ? "http" : "https";
  const names = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, "all_proxy", "ALL_PROXY"];
  const variable = names.find((name) => env[name]);
  if (variable === undefined) return undefined;
  const text = env[variable] ?? "";
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url && /^https?:$/.test(url.protocol)) return { url, variable };
  throw new CodecError(
    "usage",
    `Cannot use the proxy that ${variable} names: the URL of an HTTP proxy is wanted, such as http://HOST:PORT`,
  );
}

/**
 * A `fetch` that goes through the proxies of the environment, but to the hosts that `no_proxy` or
 * `NO_PROXY` lists; undefined where none is named.
 * @throws CodecError as {@link proxyFor}
 */
export async function proxyFetch(env: Environment): Promise<HubFetch | undefined> {
  const [plain, secure] = [proxyFor("http:", env), proxyFor("https:", env)];
  if (!plain && !secure) return undefined;
  const { EnvHttpProxyAgent, fetch } = await import("undici"); // the dispatcher of one version does not fit the fetch of another, such as Node's
  const noProxy = env["no_proxy"] || env["NO_PROXY"] || "";
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: plain?.url.href ?? "",
    httpsProxy: secure?.url.href ?? "",
    noProxy,
    proxyTunnel: false,
  }); // https goes through a tunnel nevertheless
  return (async (url, init) => fetch(url, { ...(init as object), dispatcher })) as HubFetch;
}
