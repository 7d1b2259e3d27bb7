/** A server that is killed, with everything it knew, and started again: what its clients get. */
import { connectCodec, type WebSocketClass } from "@twelvehz/client";
import { Audio, openCodec, readAudio } from "@twelvehz/codec/node";
import { clipPath, finished, start } from "@twelvehz/test-support/command.ts";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { printedUrl } from "../server/serving.ts";

test("streams of a server that is killed go on when it is there again, to the same bits", async () => {
  const local = await openCodec("compact");
  const { samples } = await readAudio(clipPath("english.flac"));
  const clip = samples.slice(0, 72_000);
  const codes = await local.encode(new Audio(clip, 24_000));
  const first = start(["serve", "--engines", "1", "--port", "0"]);
  const firstEnd = finished(first);
  const url = await printedUrl(first);
  while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
  const codec = await connectCodec(url, { webSocket: WebSocket as unknown as WebSocketClass });
  const encoder = codec.openEncodeStream();
  const decoder = codec.openDecodeStream();
  const heard = [await decoder.push(codes.slice(0, 9)), await decoder.flush()]; // a clip that has ended is not sent again
  const made = [await encoder.push(clip.subarray(0, 30_000))];
  heard.push(await decoder.push(codes.slice(0, 14)));
  const waiting = [decoder.push(codes.slice(14, 20)), encoder.push(clip.subarray(30_000, 50_000))] as const; // in the midst of it
  first.kill("SIGKILL");
  expect((await firstEnd).signal).toBe("SIGKILL");
  const second = start(["serve", "--engines", "1", "--port", new URL(url).port]);
  const secondEnd = finished(second);
  heard.push(await waiting[0], await decoder.push(codes.slice(20, codes.frames)), await decoder.flush());
  made.push(await waiting[1], await encoder.push(clip.subarray(50_000)), await encoder.flush());
  const here = local.openDecodeStream();
  const wanted = [await here.push(codes.slice(0, 9)), await here.flush(), await here.push(codes), await here.flush()];
  expect(Float32Array.from(heard.flatMap((part) => [...part]))).toEqual(Float32Array.from(wanted.flatMap((part) => [...part])));
  expect(Int16Array.from(made.flatMap(({ data }) => [...data]))).toEqual(codes.data);
  await codec.close();
  await local.close();
  second.kill("SIGTERM");
  expect((await secondEnd).status).toBe(0);
});
