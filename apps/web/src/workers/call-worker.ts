import { CodecError, orAborted, throwIfAborted } from "@twelvehz/codec/web";

/** What a worker sends back to {@link callWorker}. */
export type Reply<Answer> = { readonly answer: Answer } | { readonly failure: string };

/**
 * Has one piece of work done by a worker of its own, which is ended afterwards. Cancelling ends it at once.
 * @param open starts the worker, whose code calls `answerCall`
 * @throws CodecError `aborted` when it is cancelled, `runtime` when the work fails
 */
export async function callWorker<Request, Answer>(open: () => Worker, request: Request, signal?: AbortSignal): Promise<Answer> {
  throwIfAborted(signal);
  const worker = open();
  const answer = new Promise<Answer>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Reply<Answer>>) =>
      "answer" in data ? resolve(data.answer) : reject(new CodecError("runtime", data.failure));
    worker.onerror = (event) =>
      reject(new CodecError("runtime", event.message || "Cannot start a worker: its code could not be loaded; reload the page"));
    worker.postMessage(request);
  });
  return orAborted(answer, signal).finally(() => worker.terminate());
}
