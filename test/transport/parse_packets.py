"""A second reader of docs/packets.md, written from that page alone: reads {"kind", "hex"} as JSON lines, writes what each packet says. Python's own library only."""
import hmac
import json
import sys

SECRET, MODEL_ID, CODEBOOK = bytes(range(16)), bytes(range(16)), 2048
PROFILES = ["16", "16+8@1", "16+16@1", "16+8@1+8@2", "16+16@1+5@2", "16+16@1+8@2", "16+8@1+4@2+1@3", "16+8@1+4@2+4@3",
            "16+16@1+8@2+4@3", "16+16@1+8@2+8@3", "8", "8+8@1", "8+8@1+4@2",
            "16+16@2+8@4+4@6", "16+8@2+4@4+1@6"]


def hkdf(secret, salt, info, length):
    key, out, block = hmac.digest(salt or bytes(32), secret, "sha256"), b"", b""
    while len(out) < length:
        block = hmac.digest(key, block + info + bytes([len(out) // 32 + 1]), "sha256")
        out += block
    return out[:length]


def times2(a):
    return (a << 1) ^ (0x11B if a & 0x80 else 0)


def s_box():
    box, p, q = [0x63] * 256, 1, 1
    while True:  # p runs through all bytes, q is its inverse: FIPS 197 section 5.1.1
        p ^= times2(p) & 0xFF
        for shift in (1, 2, 4):
            q ^= q << shift & 0xFF
        q ^= 0x09 if q & 0x80 else 0
        box[p] = 0x63 ^ q ^ (q << 1 | q >> 7) & 0xFF ^ (q << 2 | q >> 6) & 0xFF ^ (q << 3 | q >> 5) & 0xFF ^ (q << 4 | q >> 4) & 0xFF
        if p == 1:
            return box


BOX = s_box()


def aes128(key, block):
    keys, constant = [list(key[i:i + 4]) for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        word = keys[-1]
        if i % 4 == 0:
            word = [BOX[b] for b in word[1:] + word[:1]]
            word[0] ^= constant
            constant = times2(constant)
        keys.append([a ^ b for a, b in zip(keys[-4], word)])
    state = bytes(block)
    for turn in range(11):
        if turn > 0:
            state = bytes(BOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16))
        if 0 < turn < 10:
            cols = [state[i:i + 4] for i in range(0, 16, 4)]
            state = bytes(times2(c[j]) ^ times2(c[(j + 1) % 4]) ^ c[(j + 1) % 4] ^ c[(j + 2) % 4] ^ c[(j + 3) % 4] for c in cols for j in range(4))
        state = bytes(a ^ b for a, b in zip(state, sum(keys[4 * turn:4 * turn + 4], [])))
    return state


def unpack(data, count):
    bits = (CODEBOOK - 1).bit_length()
    assert len(data) == -(-count * bits // 8), "length"
    value = int.from_bytes(data, "little")
    return [value >> i * bits & (1 << bits) - 1 for i in range(count)]


def payload(data):
    frames, profile = 1 + (data[0] >> 4 & 3), data[0] & 15
    if profile == 15:
        layers, copies, at = data[1] + 1, [(data[3 + 2 * i] + 1, data[4 + 2 * i]) for i in range(data[2])], 3 + 2 * data[2]
    else:
        first, *rest = PROFILES[profile].split("+")
        layers, copies, at = int(first), [tuple(map(int, part.split("@"))) for part in rest], 1
    codes = unpack(data[at:], frames * (layers + sum(k for k, _ in copies)))
    parts = []
    for k, back in [(layers, 0)] + copies:
        for i in range(frames):
            parts.append({"offset": i - back * frames, "codes": codes[:k]})
            codes = codes[k:]
    return {"pauseFollows": bool(data[0] & 64), "parts": parts}


def sealed(data):
    size = 2 + (data[0] & 7)  # key id in the config byte, an extended counter
    counter, body, tag = int.from_bytes(data[1:size], "big"), data[size:-8], data[-8:]
    base = hkdf(SECRET, b"\xaa" * 8 + b"\xbb" * 8, b"twelvehz codes 1 dialer" + MODEL_ID, 32)
    suffix = (data[0] >> 4).to_bytes(8, "big") + b"\0\2"
    key, salt = hkdf(base, b"", b"SFrame 1.0 Secret key " + suffix, 48), hkdf(base, b"", b"SFrame 1.0 Secret salt " + suffix, 12)
    nonce = (int.from_bytes(salt, "big") ^ counter).to_bytes(12, "big")
    lengths = b"".join(n.to_bytes(8, "big") for n in (size, len(body), 8))
    assert hmac.compare_digest(tag, hmac.digest(key[16:], lengths + nonce + data[:size] + body, "sha256")[:8]), "tag"
    stream = b"".join(aes128(key[:16], nonce + i.to_bytes(4, "big")) for i in range(len(body) // 16 + 1))
    return {"frame": counter, **payload(bytes(a ^ b for a, b in zip(body, stream)))}


def hello(data):
    key = hkdf(SECRET, b"", b"twelvehz hello 1", 32)
    assert hmac.compare_digest(data[38:], hmac.digest(key, data[:38], "sha256")[:8]), "tag"
    return {"role": ["dialer", "listener"][data[1]], "salt": data[2:10].hex(), "peerSalt": data[10:18].hex(), "modelId": data[18:34].hex(),
            "layers": data[34], "suite": data[35], "codebookSize": int.from_bytes(data[36:38], "little")}


def control(data):
    if data[0] == 2:
        return {"kind": "bye", "frames": int.from_bytes(data[1:], "little")}
    return {"kind": "report", "loss": data[1] / 256, "burst": data[2] / 16, "queueMs": data[3] + 256 * data[4], "concealed": data[5] / 256}


def command(data):
    crc = 0xFFFF
    for byte in data[:6] + data[8:]:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    assert crc == int.from_bytes(data[6:8], "little"), "checksum"
    layers, frames = data[1] + 1, int.from_bytes(data[4:6], "little")
    return {"tag": data[2:4].hex(), "layers": layers, "codes": unpack(data[8:], frames * layers)}


for line in sys.stdin:
    packet = json.loads(line)
    print(json.dumps(globals()[packet["kind"]](bytes.fromhex(packet["hex"]))))
