import { messageOf } from "@twelvehz/codec";
import type { Reply } from "./call-worker.ts";

/** In a worker: does the one piece of work that `callWorker` asks for. */
export function answerCall<Request, Answer>(work: (request: Request) => Answer | Promise<Answer>): void {
  globalThis.onmessage = async ({ data }: MessageEvent<Request>) => {
    const reply: Reply<Answer> = await Promise.resolve(data)
      .then(work)
      .then((answer) => ({ answer }))
      .catch((error: unknown) => ({ failure: messageOf(error) }));
    globalThis.postMessage(reply);
  };
}
