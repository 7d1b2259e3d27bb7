"""Speech to codes and back, from a twelvehz server."""

from .client import ServiceError, Stream, decode_stream, encode_stream

__all__ = ["ServiceError", "Stream", "decode_stream", "encode_stream"]
