import { describe, expect, it } from "vitest";
import { roomAddress, roomKeyIn, roomSocketUrl, stunServerIn } from "./room-link.ts";

const KEY = "AAAAAAAAAAAAAAAAAAAAAA";

describe("the address of a room", () => {
  it("is that of the page with the key, which no server sees", () => {
    expect(roomAddress("https://codec.example.org/app/?theme=dark#round-trip", KEY)).toBe(`https://codec.example.org/app/#call/${KEY}`);
    expect(roomKeyIn(`#call/${KEY}`)).toBe(KEY);
    expect(roomSocketUrl(`https://codec.example.org/app/#call/${KEY}`, "room", "me")).toBe(
      "wss://codec.example.org/app/rooms/room?member=me",
    );
  });

  it("takes a STUN server along, for both ends", () => {
    const address = roomAddress("https://codec.example.org/?stun=stun.example.org:3478&theme=dark", KEY);
    expect(address).toBe(`https://codec.example.org/?stun=stun.example.org:3478#call/${KEY}`);
    expect(stunServerIn(address)).toBe("stun:stun.example.org:3478");
    expect(stunServerIn("https://codec.example.org/?stun=[2001:db8::1]")).toBe("stun:[2001:db8::1]");
    expect(stunServerIn("https://codec.example.org/")).toBeUndefined();
  });

  it.each(["", "stun:example.org", "a b", "example.org:123456", "example.org/x"])("refuses the STUN server %j", (host) => {
    expect(() => stunServerIn(`https://codec.example.org/?stun=${encodeURIComponent(host)}`)).toThrow(
      /Cannot use the STUN server ".*such as \?stun=/,
    );
  });
});
