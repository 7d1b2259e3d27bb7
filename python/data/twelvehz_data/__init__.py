"""Speech as codes, for training: corpora that `twelvehz tokenize` wrote, straight into a loader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .collate import Collator, collate, undelay, widen
from .dataset import Clip, TokenDataset
from .errors import CorpusError, ErrorCode
from .info import CorpusInfo, ShardInfo

if TYPE_CHECKING:
    from .buckets import LengthBucketSampler, length_bucket_sampler
    from .stream import TokenStream

__version__ = "0.1.0"
__all__ = [
    "Clip",
    "Collator",
    "CorpusError",
    "CorpusInfo",
    "ErrorCode",
    "LengthBucketSampler",
    "ShardInfo",
    "TokenDataset",
    "TokenStream",
    "collate",
    "length_bucket_sampler",
    "undelay",
    "widen",
]

_LATER = {"TokenStream": "stream", "LengthBucketSampler": "buckets", "length_bucket_sampler": "buckets"}


def __getattr__(name: str) -> Any:
    """Streams import torch where it is installed, which takes a second: only who asks pays."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_LATER[name]}", __name__), name)
