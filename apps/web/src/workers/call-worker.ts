import { CodecError, orAborted, throwIfAborted } from "@twelvehz/codec/web";

/** What a worker sends back to {@link callWorker}. */
export type Reply<Answer, Told = never> = { readonly answer: Answer } | { readonly failure: string } | { readonly told: Told };

/**
 * Has one piece of work done by a worker of its own, which is ended afterwards. Cancelling ends it
 * at once.
 * @param open starts the worker, whose code calls `answerCall`
 * @param onTold called with what the work tells while it runs
 * @throws CodecError `aborted` when it is cancelled, `runtime` when the work fails
 */
export async function callWorker<Request, Answer, Told = never>(
  open: () => Worker,
  request: Request,
  signal?: AbortSignal,
  onTold?: (told: Told) => void,
): Promise<Answer> {
  throwIfAborted(signal);
  const worker = open();
  const answer = new Promise<Answer>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Reply<Answer, Told>>) => {
      if ("told" in data) onTold?.(data.told);
      else if ("answer" in data) resolve(data.answer);
      else reject(new CodecError("runtime", data.failure));
    };
    worker.onerror = (event) =>
      reject(new CodecError("runtime", event.message || "Cannot start a worker: its code could not be loaded; reload the page"));
    worker.postMessage(request);
  });
  return orAborted(answer, signal).finally(() => worker.terminate());
}
