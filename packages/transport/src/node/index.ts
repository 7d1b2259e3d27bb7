/** Calls in Node: UDP sockets, and a proxy that is a bad link. */
export * from "../index.ts";
export { CoapMailbox, type CoapAddress, coapBytes, coapPost, type OnPost, parseCoapAddress } from "./coap.ts";
export { hasDataChannels } from "./direct-path.ts";
export { roomCall, type RoomCallOptions } from "./room-call.ts";
export { type DatagramCarrier, type Interception, udpCall, type UdpCallOptions } from "./udp-call.ts";
export { type ProxyFigures, UdpProxy, type UdpProxyOptions } from "./udp-proxy.ts";
export {
  DEFAULT_PORT,
  localAddressFor,
  type OnDatagram,
  parseUdpAddress,
  resolveUdpAddress,
  socketError,
  type UdpAddress,
  udpAddressText,
  UdpSocket,
} from "./udp-socket.ts";
