/** Codes over thin, lossy links: packets, encryption, jitter buffer, rate control and a link simulator. Runs in a page and in Node; no sockets, no clocks. */
export {
  COMMAND_HEADER_BYTES,
  commandPacketBytes,
  fitCommand,
  isCommandPacket,
  modelTag,
  readCommandPacket,
  writeCommandPacket,
} from "./command-packet.ts";
export { type Bye, type ControlMessage, type LinkReport, readControl, writeControl } from "./control-message.ts";
export { crc16 } from "./crc16.ts";
export { EPOCH_FRAMES, EpochKeys } from "./epoch-keys.ts";
export { type Hello, helloKey, type LinkRole, readHello, writeHello } from "./hello.ts";
export { codesIn, depthOf, type Layout, type LayoutCopy, layoutText, parseLayout, payloadBytes, profileOf, PROFILES } from "./layout.ts";
export { newLinkKey, parseLinkKey } from "./link-key.ts";
export { type FramePart, type Payload, type PayloadSpec, readPayload, writePayload } from "./payload.ts";
export { isRtp, RTP_HEADER_BYTES, type RtpHeader, writeRtpHeader } from "./rtp.ts";
export { type LinkEvent, type Refusal, SecureLink, type SecureLinkOptions } from "./secure-link.ts";
export { CIPHER_SUITES, type CipherSuite, cipherSuite } from "./sframe/cipher-suite.ts";
export { decodeSFrameHeader, encodeSFrameHeader, type SFrameHeader } from "./sframe/header.ts";
export { ratchet } from "./sframe/key-derivation.ts";
export { ReplayWindow } from "./sframe/replay-window.ts";
export { SFrameKey } from "./sframe/sframe-key.ts";
export { DelayHistogram } from "./delay-histogram.ts";
export { Depacketizer, type KnownFrame } from "./depacketizer.ts";
export { JitterBuffer, type JitterBufferOptions, type JitterFigures, type PulledFrame } from "./jitter-buffer.ts";
export { type LossFigures, LossMeter } from "./loss-meter.ts";
export { type OutgoingPacket, Packetizer } from "./packetizer.ts";
export { chooseLayout, layoutKbps, type LinkLoss, type RateBudget, RateControl } from "./rate-control.ts";
export { type Delivery, LINK_PROFILES, type LinkConditions, LinkSimulator } from "./sim/link-simulator.ts";
export { lossModel, type LossModel, type LossOptions } from "./sim/loss-model.ts";
export { SeededDice } from "./sim/seeded-dice.ts";
export { Call, type CallFigures, type CallOptions, silenceError } from "./call.ts";
export { FramePlayer } from "./frame-player.ts";
export { QuietDetector } from "./quiet-detector.ts";
export { COMMAND_SEAL_BYTES, CommandSeal } from "./command-seal.ts";
export { SampleBuffer, type SampleBufferSizes } from "./sample-buffer.ts";
