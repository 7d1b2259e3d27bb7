/**
 * Codes over thin, lossy links: packets, encryption, jitter buffer, rate control and a link
 * simulator. Runs in a page and in Node; no sockets, no clocks.
 */
export {
  COMMAND_HEADER_BYTES,
  commandPacketBytes,
  fitCommand,
  isCommandPacket,
  modelTag,
  readCommandPacket,
  writeCommandPacket,
} from "./packets/command-packet.ts";
export { type Bye, type ControlMessage, type LinkReport, readControl, writeControl } from "./link/control-message.ts";
export { crc16 } from "./packets/crc16.ts";
export { EPOCH_FRAMES, EpochKeys } from "./link/epoch-keys.ts";
export { type Hello, helloKey, type LinkRole, readHello, writeHello } from "./link/hello.ts";
export {
  codesIn,
  depthOf,
  type Layout,
  type LayoutCopy,
  layoutText,
  parseLayout,
  payloadBytes,
  profileOf,
  PROFILES,
} from "./packets/layout.ts";
export { newLinkKey, parseLinkKey } from "./link/link-key.ts";
export { type FramePart, type Payload, type PayloadSpec, readPayload, writePayload } from "./packets/payload.ts";
export { isRtp, RTP_HEADER_BYTES, type RtpHeader, writeRtpHeader } from "./packets/rtp.ts";
export { type LinkEvent, type Refusal, SecureLink, type SecureLinkOptions } from "./link/secure-link.ts";
export { CIPHER_SUITES, type CipherSuite, cipherSuite } from "./sframe/cipher-suite.ts";
export { decodeSFrameHeader, encodeSFrameHeader, type SFrameHeader, USUAL_HEADER_BYTES } from "./sframe/header.ts";
export { ratchet } from "./sframe/key-derivation.ts";
export { ReplayWindow } from "./sframe/replay-window.ts";
export { SFrameKey } from "./sframe/sframe-key.ts";
export { RecentDelays } from "./playout/recent-delays.ts";
export { Depacketizer, type KnownFrame } from "./packets/depacketizer.ts";
export { JitterBuffer, type JitterBufferOptions, type JitterFigures, type PulledFrame } from "./playout/jitter-buffer.ts";
export { type LossFigures, LossMeter } from "./link/loss-meter.ts";
export { type OutgoingPacket, Packetizer } from "./packets/packetizer.ts";
export { chooseLayout, layoutKbps, type LinkLoss, type RateBudget, RateControl } from "./link/rate-control.ts";
export { type Delivery, LINK_PROFILES, type LinkConditions, LinkSimulator } from "./sim/link-simulator.ts";
export { LOSS_TRACE_NAMES, lossTrace, type LossTrace, parseLossTrace, traceLoss, traceLossPart } from "./sim/loss-trace.ts";
export { lossModel, type LossModel, type LossOptions } from "./sim/loss-model.ts";
export { SeededDice } from "./sim/seeded-dice.ts";
export { Call, type CallFigures, type CallOptions, silenceError } from "./call.ts";
export { FramePlayer } from "./playout/frame-player.ts";
export { QuietDetector } from "./playout/quiet-detector.ts";
export { COMMAND_SEAL_BYTES, CommandSeal } from "./packets/command-seal.ts";
export { SampleBuffer, type SampleBufferSizes } from "./playout/sample-buffer.ts";
export {
  RoomConnection,
  type RoomConnectionOptions,
  type RoomSocket,
  type RoomSocketClass,
  type RoomState,
} from "./room/room-connection.ts";
export { MOST_WAITING_BYTES, PACKET_CHANNEL } from "./room/packet-channel.ts";
export { newMember, ROOM_PROTOCOL, roomAddress, roomKeyIn, roomName, roomSocketUrl, stunServerIn } from "./room/room-link.ts";
export { SignalSeal } from "./room/signal-seal.ts";
