/**
 * Keeps the files of the page, so that it opens and works without a network. Files whose names hold
 * a hash of their content come from the cache, all others from the server as long as it answers, so
 * that a new version is seen at once. In the static build it also gives the page the two headers
 * that make it cross-origin isolated, which a host of files does not send; there the first worker is
 * ready at once, and keeps the files when it is asked to.
 */
import type { KeepReply } from "./keep-message.ts";

// What a service worker finds in its global scope (Service Workers, section 4), as far as it is
// used here.
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface MessageToWorker extends ExtendableEvent {
  readonly ports: readonly MessagePort[];
}
interface WorkerScope {
  readonly registration: { readonly scope: string; readonly active: object | null };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listen: (event: ExtendableEvent) => void): void;
  addEventListener(type: "message", listen: (event: MessageToWorker) => void): void;
  addEventListener(type: "fetch", listen: (event: FetchEvent) => void): void;
}
/** Replaced when the page is built: all its files, relative to it, and a hash of them. */
declare const PAGE_FILES: readonly string[];
declare const PAGE_VERSION: string;

/** Whether the host of the page sends no headers of its own. */
const ISOLATES = import.meta.env.MODE === "demo";
/** What makes a page cross-origin isolated: HTML, section 7.1.3. */
const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
/** What the headers are for: pages, and the code of their workers. */
const ISOLATED: readonly string[] = ["document", "iframe", "worker", "sharedworker"];

const PREFIX = "twelvehz-page-";
const CACHE = PREFIX + PAGE_VERSION;

const worker = globalThis as unknown as WorkerScope;
const { scope } = worker.registration;
const kept = new Set(PAGE_FILES.map((name) => new URL(name, scope).href));
const home = new URL("index.html", scope).href;

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("message", (event) => {
  if (event.ports[0]) event.waitUntil(answer(event.ports[0]));
});
worker.addEventListener("fetch", (event) => {
  const url = event.request.url.replace(/[?#].*$/, "");
  if (event.request.method !== "GET") return;
  if (url === scope || url === home) event.respondWith(isolated(event.request, fromServer(event.request, home)));
  else if (url.startsWith(new URL("assets/", scope).href) && kept.has(url))
    event.respondWith(isolated(event.request, fromCache(event.request, url)));
  else if (kept.has(url)) event.respondWith(isolated(event.request, fromServer(event.request, url)));
});

/** An answer with the headers that the page needs, where the host sends none. */
async function isolated(request: Request, answering: Promise<Response>): Promise<Response> {
  const response = await answering;
  if (!ISOLATES || !ISOLATED.includes(request.destination) || response.type === "opaqueredirect") return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

async function install(): Promise<void> {
  if (!ISOLATES || worker.registration.active) await keep();
  await worker.skipWaiting();
}

/** Fetches what is not kept yet. */
async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  const known = new Set((await cache.keys()).map(({ url }) => url));
  await cache.addAll([...kept].filter((url) => !known.has(url)));
}

async function answer(port: MessagePort): Promise<void> {
  const reply: KeepReply = await keep().then(
    () => ({ isKept: true }),
    () => ({ isKept: false }), // no room, or no network: the page works as long as its host does
  );
  port.postMessage(reply);
}

async function activate(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

async function fromCache(request: Request, url: string): Promise<Response> {
  return (await (await caches.open(CACHE)).match(url)) ?? fetch(request);
}

async function fromServer(request: Request, url: string): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await (await caches.open(CACHE)).match(url);
    if (found) return found;
    throw error;
  }
}
