import type { ChildProcess, Serializable } from "node:child_process";
import type { Port } from "../runtime/remote-engine.ts";

/**
 * Either end of a process that was forked with `serialization: "advanced"` as a {@link Port}.
 * Arrays are copied.
 */
export function processPort(end: ChildProcess | NodeJS.Process): Port {
  let receive: (message: unknown) => void = () => undefined;
  (end as NodeJS.EventEmitter).on("message", (message: unknown) => receive(message));
  return {
    postMessage: (message) => void end.send?.(message as Serializable, undefined, undefined, () => undefined), // who is gone is noticed otherwise
    onMessage: (next) => {
      receive = next;
    },
    setBusy(busy) {
      if (!("ref" in end)) return;
      end[busy ? "ref" : "unref"]();
      end.channel?.[busy ? "ref" : "unref"]();
    },
  };
}
