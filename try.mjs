import { createServer } from "@twelvehz/server";
import { chromium } from "playwright-core";
import { readAudio, encodeWav, resample } from "@twelvehz/codec/node";
import { writeFileSync } from "node:fs";
writeFileSync("/tmp/mic.wav", encodeWav(resample(await readAudio("examples/clips/english.flac"), 48000)).bytes);
const { app } = createServer({ model: "compact" });
await app.listen({ port: 0, host: "127.0.0.1" });
const url = `http://127.0.0.1:${app.server.address().port}`;
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--use-file-for-fake-audio-capture=/tmp/mic.wav",
    "--autoplay-policy=no-user-gesture-required",
  ],
});
async function open(address) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: "en-GB" })).newPage();
  page.on("pageerror", (e) => console.log("pageerror", String(e), e.stack));
  page.on("console", (m) => console.log("console", m.type(), m.text()));
  await page.goto(address);
  console.log("open", await page.title());
  await page.locator('[data-testid="call-start"]:enabled').click({ timeout: 60000 });
  return page;
}
const t0 = Date.now();
try {
  const a = await open(url + "/#call");
  await a.waitForTimeout(2000);
  console.log(Date.now() - t0, await a.getByTestId("call-state").textContent(), a.url());
  const b = await open(a.url());
  for (let i = 0; i < 6; i++) {
    await a.waitForTimeout(2000);
    console.log(
      Date.now() - t0,
      await a.getByTestId("call-state").textContent(),
      "|",
      await b.getByTestId("call-state").textContent(),
      "|",
      (await b.getByTestId("call-figures").innerText()).replaceAll("\n", " "),
      "|",
      await b.getByTestId("call-troubles").textContent(),
      await b.getByTestId("call-error").count(),
    );
  }
  await a.screenshot({ path: "/tmp/call-a.png" });
  await b.screenshot({ path: "/tmp/call-b.png", fullPage: true });
} catch (e) {
  console.log(e);
}
await browser.close();
await app.close();
