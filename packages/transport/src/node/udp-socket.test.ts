import { describe, expect, it } from "vitest";
import { parseCoapAddress } from "./coap.ts";
import { localAddressFor, parseUdpAddress, resolveUdpAddress, udpAddressText, UdpSocket } from "./udp-socket.ts";

describe("an address", () => {
  it.each([
    ["192.0.2.7", { host: "192.0.2.7", port: 7712 }, "192.0.2.7:7712"],
    ["example.org:5000", { host: "example.org", port: 5000 }, "example.org:5000"],
    ["[2001:db8::7]:9", { host: "2001:db8::7", port: 9 }, "[2001:db8::7]:9"],
    ["[::1]", { host: "::1", port: 7712 }, "[::1]:7712"],
  ])("%s is read and written", (text, address, written) => {
    expect(parseUdpAddress(text)).toEqual(address);
    expect(udpAddressText(address)).toBe(written);
  });

  it.each(["", "host:", "host:0", "host:65536", "2001:db8::7", "a b", "[::1", "coap://host"])("%j is refused", (text) => {
    expect(() => parseUdpAddress(text)).toThrow(expect.objectContaining({ code: "usage", message: expect.stringContaining("HOST:PORT") }));
  });

  it("of CoAP has a port and a path of its own", () => {
    expect(parseCoapAddress("coap://[2001:db8::7]/a/b")).toEqual({ host: "2001:db8::7", port: 5683, path: "/a/b" });
    expect(parseCoapAddress("COAP://device:99")).toEqual({ host: "device", port: 99, path: "/twelvehz" });
    expect(parseCoapAddress("device")).toBeUndefined();
    expect(() => parseCoapAddress("coap://")).toThrow("coap://HOST");
  });

  it("of a name is of the family of this end where there is one, whichever comes first", async () => {
    const both = [
      { address: "::1", family: 6 },
      { address: "127.0.0.1", family: 4 },
    ];
    const hostFrom = async (local: string, found = both): Promise<string> =>
      (await resolveUdpAddress({ host: "localhost", port: 9 }, { host: local, port: 0 }, async () => found)).host;
    expect([await hostFrom("0.0.0.0"), await hostFrom("::")]).toEqual(["127.0.0.1", "::1"]);
    expect(await hostFrom("0.0.0.0", both.slice(0, 1))).toBe("::1");
  });

  it("to send from is of the family of the one to send to", () => {
    const any = { host: "0.0.0.0", port: 0 };
    expect(localAddressFor({ host: "::1", port: 1 }, any)).toEqual({ host: "::", port: 0 });
    expect(localAddressFor({ host: "192.0.2.7", port: 1 }, any)).toEqual(any);
    expect(localAddressFor({ host: "::1", port: 1 }, { host: "::1", port: 5 })).toEqual({ host: "::1", port: 5 });
  });
});

describe("a socket", () => {
  it("says that a port is taken, and sends nothing after closing", async () => {
    const first = await UdpSocket.bind({ host: "127.0.0.1", port: 0 }, () => undefined);
    await expect(UdpSocket.bind(first.address, () => undefined)).rejects.toMatchObject({
      code: "io",
      message: expect.stringContaining("--port"),
    });
    await first.close();
    await first.send(new Uint8Array(1), first.address);
    await first.close();
  });
});
