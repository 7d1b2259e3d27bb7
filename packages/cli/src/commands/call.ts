import type { Command } from "@commander-js/extra-typings";
import { newLinkKey } from "@twelvehz/transport/node";
import { examples } from "../options.ts";
import { addEnd } from "./call/end.ts";
import { addProxy } from "./call/proxy.ts";
import { addRoom } from "./call/room.ts";

/** Adds `twelvehz call` and what is below it. */
export function addCall(program: Command, signal: AbortSignal): void {
  const call = program
    .command("call")
    .summary("talk over a thin, lossy link, encrypted end to end")
    .description(
      "Calls over UDP in 8 kbit/s, headers included. Packets carry copies of the ones before, so that speech survives one lost packet in five.",
    )
    .addHelpText(
      "after",
      examples(
        "export TWELVEHZ_CALL_KEY=$(twelvehz call key)\ntwelvehz call listen\ntwelvehz call dial 192.0.2.7\ntwelvehz call proxy --to 127.0.0.1 --loss 20",
      ),
    ) as unknown as Command;
  call
    .command("key")
    .summary("make a key for both ends")
    .description("Prints 16 random bytes as text. Bring it to the other end by a way that you trust.")
    .addHelpText("after", examples("export TWELVEHZ_CALL_KEY=$(twelvehz call key)"))
    .action(() => void process.stdout.write(`${newLinkKey()}\n`));
  addEnd(call, "listen", signal);
  addEnd(call, "dial", signal);
  addRoom(call, signal);
  addProxy(call, signal);
}
