import { expect, test } from "vitest";
import { RtpPath } from "./rtp-path.ts";

const SDP = [
  "v=0",
  "a=group:BUNDLE 0 1",
  "a=extmap-allow-mixed",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=mid:0",
  "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
  "a=sendrecv",
  "a=rtcp-mux",
  "a=rtpmap:111 opus/48000/2",
  "a=rtcp-fb:111 transport-cc",
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
  "a=mid:1",
];

test("the other end is told of no extensions and reports, and of the length of frames", () => {
  const told = RtpPath.told(SDP.map((line) => `${line}\r\n`).join("")).split("\r\n");
  const lines = SDP.filter((line) => !/extmap|rtcp-fb/.test(line));
  lines.splice(lines.indexOf("a=rtcp-mux") + 1, 0, "a=ptime:60");
  expect(told).toEqual([...lines, ""]);
});

test("a description without sound is told as it is", () => {
  const sdp = "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n";
  expect(RtpPath.told(sdp)).toBe(sdp);
});
