"""Streams of a twelvehz server: sound in and codes out, or codes in and sound out.

The protocol is that of docs/protocol.md. Samples are floats of 32 bits, codes are integers of 16 bits, both little-endian and as bytes, so that
`numpy.frombuffer(..., dtype="<f4")` and `dtype="<i2"` read them without this module needing numpy.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

_SUBPROTOCOL = "twelvehz.v1"
_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 2.0
_MESSAGE_SECONDS = 0.96


class ServiceError(Exception):
    """What the server refused, with its code; `retryable` where the same may work later."""

    def __init__(self, code: str, message: str, retryable: bool) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable


@dataclass
class _Sent:
    """A message that may have to be sent again, with the seconds of sound that it holds."""

    content: bytes | str
    seconds: float


class Stream:
    """A stream that outlives its connections.

    It keeps what it has sent of the clip. Where the session is still there, the rest is sent again; where it is not, all of it is, and what has come already is
    dropped. `flush()` ends a clip, and is the place where what is kept is forgotten.
    """

    def __init__(self, url: str, start: dict[str, Any], key: str | None, reconnect_seconds: float) -> None:
        self._url = url
        self._start = start
        self._key = key
        self._reconnect_seconds = reconnect_seconds
        self._socket: ClientConnection | None = None
        self._ready: dict[str, Any] = {}
        self._sent: list[_Sent] = []
        self._before = 0  # messages of the session before the first of _sent
        self._next = 0  # the first of _sent that this connection has not been given
        self._acked = 0
        self._received = 0  # binary and "done" messages of the session
        self._clip_bytes = 0
        self._to_drop = 0
        self._parts: list[bytes] = []

    @property
    def layers(self) -> int:
        """Integers in a frame of codes."""
        return int(self._ready["layers"])

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return int(self._ready["sampleRate"])

    async def push(self, payload: bytes) -> bytes:
        """Sends samples or codes; gives what came of them."""
        unit, seconds = self._unit()
        if len(payload) % unit:
            raise ValueError(f"Cannot push {len(payload)} bytes: whole units of {unit} bytes are wanted")
        size = unit * max(1, round(_MESSAGE_SECONDS / seconds))
        pieces = [payload[at : at + size] for at in range(0, len(payload), size)]
        self._sent += [_Sent(piece, len(piece) / unit * seconds) for piece in pieces]
        return await self._result()

    async def flush(self) -> bytes:
        """Ends the clip; gives the rest of it. The stream is then as new."""
        rest = await self._tell({"type": "flush"})
        self._before += len(self._sent)
        self._sent, self._next, self._clip_bytes = [], 0, 0
        return rest

    async def conceal(self, frames: int = 1) -> bytes:
        """Sound in the place of frames that were lost; a stream that decodes."""
        return await self._tell({"type": "conceal", "frames": frames})

    async def set_layers(self, *, layers: int | None = None, only_layer: int | None = None, mute_layers: Sequence[int] = ()) -> None:
        """Other layers from the next frame on; a stream that decodes."""
        await self._tell({"type": "setLayers", **_selection(layers, only_layer, mute_layers)})

    async def keepalive(self) -> None:
        """Says that the client lives, where it has nothing else to say for a while."""
        if self._socket:
            await self._socket.send(json.dumps({"type": "keepalive"}))

    async def open(self) -> None:
        """Connects.

        Raises ServiceError where the server refuses the stream."""
        await self._connect(resume=False)

    async def close(self) -> None:
        """Ends the stream."""
        if self._socket:
            await self._socket.close(1000)
        self._socket = None

    def _unit(self) -> tuple[int, float]:
        if self._url.endswith("/encode"):
            return 4, 1 / self.sample_rate
        return 2 * self.layers, int(self._ready["samplesPerFrame"]) / self.sample_rate

    async def _tell(self, message: dict[str, Any]) -> bytes:
        self._sent.append(_Sent(json.dumps(message), 0.0))
        return await self._result()

    async def _result(self) -> bytes:
        while self._acked < self._before + len(self._sent):
            try:
                await self._pump()
                await self._take()
            except ConnectionClosed:
                await self._reconnect()
        result = b"".join(self._parts)
        self._parts = []
        return result

    async def _pump(self) -> None:
        """Sends what the credit allows."""
        assert self._socket
        while self._next < len(self._sent):
            message = self._sent[self._next]
            waiting = sum(one.seconds for one in self._sent[max(0, self._acked - self._before) : self._next])
            if waiting > 0 and waiting + message.seconds > float(self._ready["windowSeconds"]):
                return
            await self._socket.send(message.content)
            self._next += 1

    async def _take(self) -> None:
        assert self._socket
        message = await self._socket.recv()
        if isinstance(message, bytes):
            self._payload(message)
            return
        told = json.loads(message)
        if told["type"] == "done":
            self._received += 1
        elif told["type"] == "ack":
            self._acked = int(told["received"])
        elif told["type"] == "error" and not told["retryable"]:
            raise ServiceError(told["code"], told["message"], False)

    def _payload(self, payload: bytes) -> None:
        self._received += 1
        dropped = min(self._to_drop, len(payload))
        self._to_drop -= dropped
        self._clip_bytes += len(payload) - dropped
        if dropped < len(payload):
            self._parts.append(payload[dropped:])

    async def _reconnect(self) -> None:
        waited, resume = 0.0, True
        while True:
            try:
                await self._connect(resume)
                return
            except ServiceError as error:
                if error.code == "no-session":
                    resume = False
                    continue
                if not error.retryable or waited >= self._reconnect_seconds:
                    raise
            wait = min(_LONGEST_WAIT_SECONDS, max(_FIRST_WAIT_SECONDS, waited))
            await asyncio.sleep(wait)
            waited += wait

    async def _connect(self, resume: bool) -> None:
        start = self._start
        if resume:
            known = {"session": self._ready["session"], "token": self._ready["token"], "received": self._received}
            start = {"type": "start", "resume": known}
        else:
            self._before = self._acked = self._received = 0
            self._to_drop = self._clip_bytes
        protocols = [Subprotocol(_SUBPROTOCOL)] + ([Subprotocol(f"twelvehz.token.{self._key}")] if self._key else [])
        try:
            self._socket = await connect(self._url, subprotocols=protocols, compression=None, max_size=None)
            await self._socket.send(json.dumps(start))
            self._ready = await self._greeting(self._socket)
        except (OSError, ConnectionClosed) as error:
            raise ServiceError("io", f"Cannot reach {self._url}: {error}", True) from error
        except InvalidStatus as error:
            raise _refusal(error) from error
        self._next = max(0, int(self._ready["received"]) - self._before)

    async def _greeting(self, socket: ClientConnection) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(await socket.recv())
        if told["type"] == "error":
            raise ServiceError(told["code"], told["message"], bool(told["retryable"]))
        return told


def _refusal(error: InvalidStatus) -> ServiceError:
    """What the server said before the upgrade."""
    try:
        told = json.loads(error.response.body or b"")["error"]
        return ServiceError(told["code"], told["message"], "retry-after" in error.response.headers)
    except (ValueError, KeyError):
        return ServiceError("io", f"Cannot open the stream: {error}", False)


def _selection(layers: int | None, only_layer: int | None, mute_layers: Sequence[int]) -> dict[str, Any]:
    chosen = {"layers": layers, "onlyLayer": only_layer, "muteLayers": list(mute_layers) or None}
    return {name: value for name, value in chosen.items() if value is not None}


def _stream(url: str, kind: str, start: dict[str, Any], key: str | None, reconnect_seconds: float) -> Stream:
    address = url.rstrip("/").replace("http", "ws", 1)
    wishes = {name: value for name, value in start.items() if value is not None}
    return Stream(f"{address}/v1/stream/{kind}", {"type": "start", "pcm": "f32", **wishes}, key, reconnect_seconds)


@asynccontextmanager
async def encode_stream(
    url: str, *, key: str | None = None, model: str | None = None, layers: int | None = None, reconnect_seconds: float = 60.0
) -> AsyncIterator[Stream]:
    """Sound to codes: push float samples at the model's rate, get frames of codes."""
    stream = _stream(url, "encode", {"model": model, "layers": layers}, key, reconnect_seconds)
    await stream.open()
    try:
        yield stream
    finally:
        await stream.close()


@asynccontextmanager
async def decode_stream(
    url: str, *, key: str | None = None, model: str | None = None, code_layers: int | None = None, reconnect_seconds: float = 60.0
) -> AsyncIterator[Stream]:
    """Codes to sound: push frames of codes, get float samples."""
    stream = _stream(url, "decode", {"model": model, "codeLayers": code_layers}, key, reconnect_seconds)
    await stream.open()
    try:
        yield stream
    finally:
        await stream.close()
