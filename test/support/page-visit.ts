/** The page of the tests, bundled, served, and visited by a browser. */
import type { Browser, LaunchOptions, Page } from "playwright-core";
import { launchBrowser } from "./browser.ts";
import { buildPage } from "./page-build.ts";
import { type PageServer, servePage } from "./page-server.ts";

/** What a test of the page holds while it runs. */
export interface PageVisit {
  readonly server: PageServer;
  readonly browser: Browser;
  /**
   * A page of a user who has never been here. Closed with its browser, or by
   * `page.context().close()`.
   */
  newUser(url?: string): Promise<Page>;
  /** Has a page opened anew by someone who has never been here: sooner than a page of a new user is there. */
  renewUser(page: Page): Promise<void>;
  /** Ends browser and server. */
  close(): Promise<void>;
}

/**
 * Opens the page of the tests.
 * @param folders what the server serves besides the page, as for `servePage`
 * @param args for the browser
 */
export async function visitPage(folders: Readonly<Record<string, string>> = {}, args: LaunchOptions["args"] = []): Promise<PageVisit> {
  const server = await servePage({ ...folders, "/": await buildPage("test/web/page") });
  const browser = await launchBrowser({ args });
  return {
    server,
    browser,
    async newUser(url = server.url) {
      const page = await (await browser.newContext()).newPage();
      page.setDefaultTimeout(0); // the test's own limit is for what hangs
      await page.goto(url);
      return page;
    },
    async renewUser(page) {
      const devtools = await page.context().newCDPSession(page);
      await page.goto("about:blank");
      await devtools.send("Network.clearBrowserCache");
      await devtools.send("Storage.clearDataForOrigin", { origin: server.url, storageTypes: "all" });
      await devtools.detach();
      await page.goto(server.url);
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
