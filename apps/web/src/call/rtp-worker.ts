// Between the encoder of an Opus track and its packets: datagrams of ours take the place of what is
// in them. W3C WebRTC Encoded Transform, "RTCRtpScriptTransformer".
import { FrameSwap } from "./frame-swap.ts";
import type { RtpSide } from "./rtp-path.ts";

/** What the library of types has for workers only. */
interface Transformer {
  readonly options: RtpSide;
  readonly readable: ReadableStream<RTCEncodedAudioFrame>;
  readonly writable: WritableStream<RTCEncodedAudioFrame>;
}

const scope = globalThis as unknown as {
  onrtctransform: (event: { readonly transformer: Transformer }) => void;
  onmessage: (event: MessageEvent<ArrayBuffer>) => void;
  postMessage: (datagram: ArrayBuffer, transfer: Transferable[]) => void;
};

scope.onrtctransform = ({ transformer }) => void (transformer.options === "send" ? send(transformer) : receive(transformer));

async function send({ readable, writable }: Transformer): Promise<void> {
  const writer = writable.getWriter();
  const swap = new FrameSwap<RTCEncodedAudioFrame>((frame) => void writer.write(frame).catch(() => undefined)); // the call has ended
  scope.onmessage = ({ data }) => swap.addDatagram(data);
  await eachFrame(readable, (frame) => swap.addFrame(frame));
}

/** Nothing is handed on: no decoder of Opus gets to see it. */
async function receive({ readable }: Transformer): Promise<void> {
  await eachFrame(readable, ({ data }) => scope.postMessage(data, [data]));
}

async function eachFrame(readable: ReadableStream<RTCEncodedAudioFrame>, use: (frame: RTCEncodedAudioFrame) => void): Promise<void> {
  const reader = readable.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) use(read.value);
}
