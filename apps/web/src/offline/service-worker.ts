/**
 * Keeps the files of the page, so that it opens and works without a network. Files whose names hold
 * a hash of their content come from the cache, all others from the server as long as it answers, so
 * that a new version is seen at once.
 */

// What a service worker finds in its global scope (Service Workers, section 4), as far as it is
// used here.
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface WorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listen: (event: ExtendableEvent) => void): void;
  addEventListener(type: "fetch", listen: (event: FetchEvent) => void): void;
}
/** Replaced when the page is built: all its files, relative to it, and a hash of them. */
declare const PAGE_FILES: readonly string[];
declare const PAGE_VERSION: string;

const PREFIX = "twelvehz-page-";
const CACHE = PREFIX + PAGE_VERSION;

const worker = globalThis as unknown as WorkerScope;
const { scope } = worker.registration;
const kept = new Set(PAGE_FILES.map((name) => new URL(name, scope).href));
const home = new URL("index.html", scope).href;

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (event) => {
  const url = event.request.url.replace(/[?#].*$/, "");
  if (event.request.method !== "GET") return;
  if (url === scope || url === home) event.respondWith(fromServer(event.request, home));
  else if (url.startsWith(new URL("assets/", scope).href) && kept.has(url)) event.respondWith(fromCache(event.request, url));
  else if (kept.has(url)) event.respondWith(fromServer(event.request, url));
});

async function install(): Promise<void> {
  await (await caches.open(CACHE)).addAll([...kept]);
  await worker.skipWaiting();
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
