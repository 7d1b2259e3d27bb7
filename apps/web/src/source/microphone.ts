import { CodecError, messageOf } from "@twelvehz/codec/web";

/** How the microphone is opened. */
export interface MicrophoneOptions {
  /**
   * Whether the browser removes what the loudspeaker plays: needed without headphones, and changes
   * the voice.
   */
  readonly echoCancellation: boolean;
}

/**
 * Asks for the microphone. Noise suppression and gain control stay off: the codec is what is to be
 * heard.
 * @throws CodecError `unsupported` (the page is not on https or localhost), `no-permission`,
 * `not-found`, or `io` (another program has it)
 */
export async function openMicrophone({ echoCancellation }: MicrophoneOptions): Promise<MediaStream> {
  const { mediaDevices } = navigator as { readonly mediaDevices?: MediaDevices };
  if (!mediaDevices)
    throw new CodecError(
      "unsupported",
      "Cannot use the microphone: browsers give it to pages on https and localhost only; open this page so",
    );
  const audio = { echoCancellation, noiseSuppression: false, autoGainControl: false, channelCount: 1 };
  try {
    return await mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw asCodecError(error);
  }
}

/** The exceptions of getUserMedia (Media Capture and Streams, section 10.2.1). */
function asCodecError(error: unknown): CodecError {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError")
    return new CodecError("no-permission", "Cannot use the microphone: it was not allowed; allow it for this page and start again", {
      cause: error,
    });
  if (name === "NotFoundError" || name === "OverconstrainedError")
    return new CodecError("not-found", "Cannot use the microphone: there is none; connect one and start again", { cause: error });
  return new CodecError("io", `Cannot use the microphone: ${messageOf(error)}; close other programs that use it, and start again`, {
    cause: error,
  });
}
