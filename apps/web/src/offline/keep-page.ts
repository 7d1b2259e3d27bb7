/**
 * Makes the page independent of its server once it is loaded: all its files are fetched before it
 * says that it is ready.
 */

import type { KeepReply } from "./keep-message.ts";

/** Written beside the page when it is built: all its files, relative to it. */
const FILES = "files.json";
/** Noted in the storage of the tab when the page was loaded again to be isolated. */
const TRIED = "twelvehz.isolated";

/**
 * Has the service worker keep all files of the page, so that it opens without a network. Where
 * browsers give none (neither https nor localhost), the files are fetched into the cache of the
 * browser, so that what the page needs later is there while it is open. Nothing fails where neither
 * can be done.
 */
export async function keepPage(): Promise<void> {
  if (!import.meta.env.PROD) return; // while it is developed, files change
  const { serviceWorker } = navigator as { readonly serviceWorker?: ServiceWorkerContainer };
  try {
    if (serviceWorker) await keptBy(await installed(await serviceWorker.register(workerUrl())));
    else await fetchAll();
  } catch {
    // storage is refused or full: the page works as long as its server does
  }
}

/**
 * Makes the page cross-origin isolated where its host sends no headers for that: the service worker
 * sends them, and the page is loaded again, once. So several threads can share memory on any host.
 * Nothing fails where it cannot be done.
 * @returns whether the page is about to be loaded again
 */
export async function isolatePage(): Promise<boolean> {
  const { serviceWorker } = navigator as { readonly serviceWorker?: ServiceWorkerContainer };
  if (import.meta.env.MODE !== "demo" || crossOriginIsolated || !serviceWorker || wasIsolated()) return false;
  try {
    await installed(await serviceWorker.register(workerUrl()));
    location.reload();
    return true;
  } catch {
    return false; // storage is refused
  }
}

/** Whether that was tried before in this tab: once is enough. Notes that it was. */
function wasIsolated(): boolean {
  try {
    const was = sessionStorage.getItem(TRIED) !== null;
    sessionStorage.setItem(TRIED, "1");
    return was;
  } catch {
    return true; // nothing is kept: it might go on for ever
  }
}

function workerUrl(): URL {
  return new URL("service-worker.js", document.baseURI);
}

/** Waits until the worker of this page works, or has failed; at once where one has worked before. */
function installed({ active, installing, waiting }: ServiceWorkerRegistration): Promise<ServiceWorker | undefined> {
  const coming = installing ?? waiting;
  if (active || !coming) return Promise.resolve(active ?? undefined);
  return new Promise((resolve) => {
    coming.addEventListener("statechange", () => {
      if (coming.state === "activated") resolve(coming);
      else if (coming.state === "redundant") resolve(undefined);
    });
  });
}

/** Waits until a worker has the files of the page, or has failed to get them. */
function keptBy(worker: ServiceWorker | undefined): Promise<KeepReply | undefined> {
  if (!worker) return Promise.resolve(undefined);
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(null, [port2]);
  return new Promise((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<KeepReply>) => resolve(data);
  });
}

async function fetchAll(): Promise<void> {
  const names = (await (await fetch(new URL(FILES, document.baseURI))).json()) as readonly string[];
  await Promise.all(names.map(async (name) => (await fetch(new URL(name, document.baseURI))).arrayBuffer()));
}
