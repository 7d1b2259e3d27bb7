import { CodecError } from "@twelvehz/codec/node";
import type { Command } from "@commander-js/extra-typings";
import { hasDataChannels, newLinkKey, parseLinkKey, roomAddress, roomCall, roomKeyIn } from "@twelvehz/transport/node";
import { refusalTeller, tell } from "../../link.ts";
import { rateOf, suiteOf } from "../../link-options.ts";
import { examples } from "../../options.ts";
import { AUDIO_HELP, endOptions, type EndOptions, runCall } from "./end.ts";

/** Adds `twelvehz call room`. */
export function addRoom(call: Command, signal: AbortSignal): void {
  const command = call
    .command("room")
    .summary("talk with a page, or with anyone behind walls, through a server")
    .description(
      "Enters the room that a link of the page's Call tab names, or opens one and prints its link. Packets go through the server, which can read none, or, where the package node-datachannel is installed and there is one, by a direct way. The server's room has a name that is made from the key, and the key stays here.",
    ) as unknown as Command;
  command.argument("<url>", "link to a room, such as https://codec.example.org/#call/KEY; without a key, that of --key or a new one");
  for (const option of endOptions()) command.addOption(option);
  command
    .addHelpText(
      "after",
      AUDIO_HELP +
        examples(
          "twelvehz call room 'https://codec.example.org/#call/AAAAAAAAAAAAAAAAAAAAAA'\ntwelvehz call room http://localhost:7860/ --in welcome.wav --out message.wav",
        ),
    )
    .action(async (...given: unknown[]) => roomCommand(given[0] as string, given[1] as never, signal));
}

const WITHOUT_DATA_CHANNELS = "; for a way without the server: npm install node-datachannel@0.33.4";

/** `twelvehz call room`: one end of a call through a room, until both have hung up. */
async function roomCommand(url: string, options: EndOptions, signal: AbortSignal): Promise<void> {
  const known = keyOf(url) ?? options.key;
  const key = known ?? newLinkKey();
  const canBeDirect = await hasDataChannels();
  const room = { page: url, secret: parseLinkKey(key), rate: rateOf(options), suite: suiteOf(options), timeoutSeconds: options.timeout };
  await runCall(options, signal, (ends) =>
    roomCall({
      ...room,
      ...ends,
      onRefused: refusalTeller(),
      onWaiting: () => tell(known === undefined ? `waiting in a new room: ${roomAddress(url, key)}` : "waiting in the room"),
      onConnected: () => tell(`connected through the room${canBeDirect ? "" : WITHOUT_DATA_CHANNELS}`),
      onDirect: () => tell("found a way without the server"),
    }),
  );
}

function keyOf(url: string): string | undefined {
  if (!URL.canParse(url))
    throw new CodecError(
      "usage",
      `Cannot open a room at ${JSON.stringify(url)}: give the link of the page's Call tab, such as https://codec.example.org/#call/KEY`,
    );
  return roomKeyIn(new URL(url).hash);
}
