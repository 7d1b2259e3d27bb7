/** The client in a page of another site, with a token and a connection that is cut. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCodec, readAudio } from "@twelvehz/codec/node";
import { newKey } from "@twelvehz/server";
import { browserNote, chromiumPath, launchBrowser, playScene } from "@twelvehz/test-support/browser.ts";
import { clipPath, temporaryFolder } from "@twelvehz/test-support/command.ts";
import { buildPage } from "@twelvehz/test-support/page-build.ts";
import { servePage } from "@twelvehz/test-support/page-server.ts";
import { expect, test } from "vitest";
import { serve } from "../server/serving.ts";
import { LossyProxy } from "./lossy-proxy.ts";

interface Through {
  readonly codes: Int16Array;
  readonly sound: Float32Array;
  readonly name: string;
}

test.skipIf(!chromiumPath)(`the client gives the bits of the library in a page, also where it is cut off${browserNote}`, async () => {
  const site = await servePage({ "/": await buildPage("test/client/page") });
  const keysFile = join(temporaryFolder(), "keys");
  const { key, line } = newKey("page");
  writeFileSync(keysFile, line);
  const server = await serve({ keysFile, origins: [site.url] });
  await server.models.ready;
  const proxy = await LossyProxy.open(server.url);
  const browser = await launchBrowser();
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(site.url);

  const lent = await fetch(`${server.url}/v1/tokens`, { method: "POST", headers: { authorization: `Bearer ${key}` } });
  const { token } = (await lent.json()) as { token: string };
  const samples = (await readAudio(clipPath("english.flac"))).samples.slice(0, 40_000);
  const through = playScene<Through>(page, "throughServer", { url: proxy.url, key: token, samples, framesPerPush: 3 });
  let done = false;
  void through.finally(() => (done = true));
  while (!done && (await playScene<number>(page, "pushed")) === 0);
  proxy.cut();
  const made = await through;

  const local = await openCodec("compact");
  const encoder = local.openEncodeStream();
  const codes = [...(await encoder.push(samples)).data, ...(await encoder.flush()).data];
  const decoder = local.openDecodeStream();
  const sound = [...(await decoder.push(Int16Array.from(codes))), ...(await decoder.flush())];
  expect(made.name).toBe(local.info.name);
  expect(made.codes).toEqual(Int16Array.from(codes));
  expect(made.sound).toEqual(Float32Array.from(sound));
  expect(await playScene<string>(page, "refused", { url: server.url, key: `${token}x` })).toBe("unauthorized");

  await local.close();
  await browser.close();
  proxy.close();
  await site.close();
  await server.app.close();
});
