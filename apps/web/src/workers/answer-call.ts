import { messageOf } from "@twelvehz/codec";
import type { Reply } from "./call-worker.ts";

/**
 * In a worker: does the one piece of work that `callWorker` asks for. @param work may tell
 * something while it runs
 */
export function answerCall<Request, Answer, Told = never>(
  work: (request: Request, tell: (told: Told) => void) => Answer | Promise<Answer>,
): void {
  const tell = (told: Told): void => globalThis.postMessage({ told });
  globalThis.onmessage = async ({ data }: MessageEvent<Request>) => {
    const reply: Reply<Answer, Told> = await Promise.resolve(data)
      .then((request) => work(request, tell))
      .then((answer) => ({ answer }))
      .catch((error: unknown) => ({ failure: messageOf(error) }));
    globalThis.postMessage(reply);
  };
}
