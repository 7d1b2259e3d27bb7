import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelInfo } from "@twelvehz/codec/node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { browserNote, chromiumPath, playScene } from "../support/browser.ts";
import { openHere } from "../support/codecs.ts";
import { goldenClip, goldenCodes, MODEL_FOLDER } from "../support/golden.ts";
import { type PageVisit, visitPage } from "../support/page-visit.ts";

interface Opened {
  readonly info: ModelInfo;
  readonly progress: readonly { readonly loadedBytes: number; readonly totalBytes: number }[];
  readonly isolated: boolean;
  readonly hasCache: boolean;
}

const WEIGHTS = "GET /model/model.safetensors";

describe.skipIf(!chromiumPath)(`the files of a model in a browser${browserNote}`, () => {
  let visit: PageVisit;
  let page: Page;
  let changing: string;
  let modelId: string;
  const fetches = (): number => visit.server.requests.filter((request) => request === WEIGHTS).length;

  beforeAll(async () => {
    changing = mkdtempSync(join(tmpdir(), "twelvehz-model-"));
    for (const file of ["config.json", "model.safetensors"]) cpSync(join(MODEL_FOLDER, file), join(changing, file));
    const codec = await openHere();
    modelId = codec.info.id;
    await codec.close();
    visit = await visitPage({ "/model/": MODEL_FOLDER, "/changing/": changing }, ["--host-resolver-rules=MAP twelvehz.test 127.0.0.1"]);
    page = await visit.newUser();
  });
  beforeEach(() => visit.renewUser(page));

  afterAll(async () => {
    await visit?.close();
    rmSync(changing, { recursive: true, force: true });
  });

  it("are fetched once, however often the model is opened", async () => {
    const before = fetches();
    for (let round = 0; round < 3; round++) {
      const { progress, info } = await playScene<Opened>(page, "open", { model: "/model/" });
      expect(info.id).toBe(modelId);
      expect(progress.at(-1)!.loadedBytes).toBe(progress.at(-1)!.totalBytes);
      await playScene(page, "close");
      await page.reload();
    }
    expect(fetches()).toBe(before + 1);
  });

  it("are fetched again when they have changed on the server", async () => {
    await playScene(page, "open", { model: "/changing" });
    const config = JSON.parse(readFileSync(join(changing, "config.json"), "utf8")) as Record<string, unknown>;
    writeFileSync(join(changing, "config.json"), JSON.stringify({ ...config, name: "another-name" }));
    expect((await playScene<Opened>(page, "open", { model: "/changing" })).info.name).toBe("another-name");
  });

  it("serve without the server once they are kept; where they are not, the error says what is wrong", async () => {
    await playScene(page, "open", { model: "/model" });
    visit.server.unreachable.add("/model/").add("/changing/");
    const { info } = await playScene<Opened>(page, "open", { model: "/model" });
    const failure = await playScene(page, "openingError", { model: "/changing" });
    visit.server.unreachable.clear();
    expect(info.id).toBe(modelId);
    expect(failure).toMatchObject({ code: "io", message: expect.stringMatching(/config\.json": .*check the connection/) as string });
  });

  it("are fetched each time where the browser has no room", async () => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: visit.server.url, quotaSize: 1_000_000 });
    const before = fetches();
    for (let round = 0; round < 2; round++) expect((await playScene<Opened>(page, "open", { model: "/model" })).info.id).toBe(modelId);
    expect(fetches()).toBe(before + 2);
    await devtools.detach(); // and there is room again
  });

  it("are used, and not kept, in a page that is neither on https nor on localhost", async () => {
    const elsewhere = await visit.newUser(visit.server.url.replace("127.0.0.1", "twelvehz.test"));
    const { info, isolated, hasCache } = await playScene<Opened>(elsewhere, "open", { model: "/model", threads: 4 });
    expect({ isolated, hasCache, id: info.id }).toEqual({ isolated: false, hasCache: false, id: modelId });
    const { data } = await playScene<{ readonly data: Int16Array }>(elsewhere, "encode", goldenClip().samples);
    expect(data).toEqual(goldenCodes());
    await elsewhere.context().close();
  });

  it.each([
    ["a model that is not there", { model: "/nothing-here" }, "not-found", /nothing-here\/config\.json": the server does not have it/],
    ["a folder of another kind", { model: "/assets" }, "not-found", /assets\/config\.json/],
    ["a cancelled opening", { model: "/model", abortAfterMs: 1 }, "aborted", /cancelled/],
  ])("says what is wrong with %s", async (_, options, code, words) => {
    expect(await playScene(page, "openingError", options)).toMatchObject({
      code,
      message: expect.stringMatching(words) as string,
    });
  });
});
