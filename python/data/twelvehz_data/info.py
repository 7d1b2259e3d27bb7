"""What `twelvehz.json` says of a corpus; docs/corpus-format.md is the specification."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeVar

from .errors import CorpusError

MANIFEST = "twelvehz.json"
HF_STATE = "state.json"
VERSION = 1

_T = TypeVar("_T")


@dataclass(frozen=True)
class ShardInfo:
    """A shard: its file in the folder, how many clips and frames are in it, its size in bytes and
    the SHA-256 of the file, in hexadecimal."""

    file: str
    clips: int
    frames: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class CorpusInfo:
    """A corpus, as it describes itself.

    `layers` codes a frame, each from 0 to `codebook_size` - 1; `frame_rate` in frames a second,
    exact; `sample_rate` in Hz; `model_name` and `model_id` say which model made the codes and can
    decode them. `seconds` is the length of all clips together. `fingerprint` is the hash of the
    last plan: it changes when the corpus does. `raw` has everything that the file says.
    """

    layers: int
    codebook_size: int
    frame_rate: Fraction
    sample_rate: int
    model_name: str
    model_id: str
    clips: int
    frames: int
    seconds: float
    fingerprint: str
    shards: tuple[ShardInfo, ...]
    raw: Mapping[str, Any] = field(repr=False)


def _take(record: Any, name: str, kind: type[_T], where: str) -> _T:
    value = record.get(name) if isinstance(record, dict) else None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise CorpusError(
            "damaged",
            f'{where}: "{name}" is {json.dumps(value)}, {kind.__name__} wanted; '
            "write the corpus again with twelvehz tokenize",
        )
    return value


def _shard(record: Any, where: str) -> ShardInfo:
    shard = ShardInfo(
        file=_take(record, "file", str, where),
        clips=_take(record, "clips", int, where),
        frames=_take(record, "frames", int, where),
        bytes=_take(record, "bytes", int, where),
        sha256=_take(record, "sha256", str, where).lower(),
    )
    if not re.fullmatch(r"[\w.-]+\.arrow", shard.file) or not re.fullmatch(r"[0-9a-f]{64}", shard.sha256):
        raise CorpusError(
            "damaged",
            f'{where}: a shard "{shard.file}" with the checksum "{shard.sha256}"; '
            "a file name and 64 hexadecimal digits wanted",
        )
    return shard


def _manifest(text: str, where: str) -> dict[str, Any]:
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise CorpusError("damaged", f"{where} is not JSON ({error}); write the corpus again") from error
    if not isinstance(raw, dict) or raw.get("format") != "twelvehz-corpus":
        raise CorpusError(
            "not-a-corpus", f'{where} does not say "format": "twelvehz-corpus"; name a folder that twelvehz tokenize wrote'
        )
    if raw.get("version") != VERSION:
        raise CorpusError(
            "unsupported",
            f"{where} has version {json.dumps(raw.get('version'))}, version {VERSION} is read here; "
            "install the twelvehz-data that belongs to the twelvehz that wrote it",
        )
    return raw


def parse_info(text: str, where: str) -> CorpusInfo:
    """Reads the text of `twelvehz.json`; `where` is its address, for errors.

    Raises CorpusError: "not-a-corpus", "unsupported", "damaged".
    """
    raw = _manifest(text, where)
    spec = _take(raw, "spec", dict, where)
    model = _take(spec, "model", dict, where)
    rate = _take(spec, "frameRate", dict, where)
    plans = _take(raw, "plans", list, where)
    info = CorpusInfo(
        layers=_take(spec, "layers", int, where),
        codebook_size=_take(spec, "codebookSize", int, where),
        frame_rate=Fraction(_take(rate, "numerator", int, where), max(1, _take(rate, "denominator", int, where))),
        sample_rate=_take(spec, "sampleRate", int, where),
        model_name=_take(model, "name", str, where),
        model_id=_take(model, "id", str, where),
        clips=_take(raw, "clips", int, where),
        frames=_take(raw, "frames", int, where),
        seconds=_take(raw, "seconds", float, where),
        fingerprint=_take(plans[-1] if plans else None, "hash", str, where),
        shards=tuple(_shard(one, where) for one in _take(raw, "shards", list, where)),
        raw=raw,
    )
    _check_sums(info, where)
    return info


def _check_sums(info: CorpusInfo, where: str) -> None:
    clips = sum(shard.clips for shard in info.shards)
    frames = sum(shard.frames for shard in info.shards)
    if (clips, frames) != (info.clips, info.frames):
        raise CorpusError(
            "damaged",
            f"{where}: {info.clips} clips of {info.frames} frames in all, but its shards have {clips} of {frames}; "
            "write the corpus again",
        )


def check_hf_state(text: str, info: CorpusInfo, where: str) -> None:
    """Refuses a `state.json` that names other shards than `twelvehz.json`: an append that was cut
    off, or files of two corpora in one folder."""
    try:
        named = [one["filename"] for one in json.loads(text)["_data_files"]]
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusError("damaged", f"{where} is not a list of shards ({error!r}); write the corpus again") from error
    if named != [shard.file for shard in info.shards]:
        raise CorpusError(
            "damaged",
            f"{where} names {len(named)} shards that are not the {len(info.shards)} of {MANIFEST}; "
            "finish or repeat the command that wrote them",
        )
