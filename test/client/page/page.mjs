/** A page that talks to a server: what the test asks for is in `scenes`. */
import { connectCodec } from "@twelvehz/client";

let pushed = 0;

globalThis.scenes = {
  /** Encodes and decodes on the server, in pieces; tells between them how many there were. */
  async throughServer({ url, key, samples, framesPerPush }) {
    const codec = await connectCodec(url, { key });
    const encoder = codec.openEncodeStream();
    const codes = [...(await encoder.push(samples)).data, ...(await encoder.flush()).data];
    const decoder = codec.openDecodeStream();
    const sound = [];
    const step = framesPerPush * codec.info.layers;
    for (let at = 0; at < codes.length; at += step) {
      sound.push(...(await decoder.push(Int16Array.from(codes.slice(at, at + step)))));
      pushed++;
    }
    sound.push(...(await decoder.flush()));
    await codec.close();
    return { codes: Int16Array.from(codes), sound: Float32Array.from(sound), name: codec.info.name };
  },

  pushed: () => pushed,

  /** Why a server does not let this page in. */
  refused: ({ url, key }) =>
    connectCodec(url, { key }).then(
      () => "let in",
      ({ code }) => code,
    ),
};
