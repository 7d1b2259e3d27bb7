/**
 * Makes the page independent of its server once it is loaded: all its files are fetched before it
 * says that it is ready.
 */

/** Written beside the page when it is built: all its files, relative to it. */
const FILES = "files.json";

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
    if (serviceWorker) await installed(await serviceWorker.register(new URL("service-worker.js", document.baseURI)));
    else await fetchAll();
  } catch {
    // storage is refused or full: the page works as long as its server does
  }
}

/**
 * Resolves when the worker of this page has its files, or has failed to get them; at once where one
 * has had them before.
 */
function installed({ active, installing }: ServiceWorkerRegistration): Promise<void> {
  return new Promise((resolve) => {
    if (active || !installing) return resolve();
    installing.addEventListener("statechange", () => {
      if (installing.state !== "installing") resolve();
    });
  });
}

async function fetchAll(): Promise<void> {
  const names = (await (await fetch(new URL(FILES, document.baseURI))).json()) as readonly string[];
  await Promise.all(names.map(async (name) => (await fetch(new URL(name, document.baseURI))).arrayBuffer()));
}
