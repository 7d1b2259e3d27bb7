"""Ways to get batches of codes in a training loop: one class an arm, all with the same clips in the
same order, and the same collate."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "python/data"), str(ROOT / "training")]
PAD = 2048
BATCH = 16


class Codec:
    """FLAC files and the codec in the worker: what there is without a corpus of codes."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.model: Any = None

    def __getitem__(self, row: int) -> dict[str, Any]:
        import audio
        import export
        import torch

        if self.model is None:
            torch.set_num_threads(1)
            self.model = export.load_model(ROOT / "packages/compact-model")
        pcm = audio.read_audio(self.data / f"flac/{row}.flac")
        return {"id": f"clip-{row}", "codes": self.model.encode(pcm).numpy().astype(np.int16)}


class Flac:
    """FLAC files decoded to samples, no codes: the floor of every loader that starts from sound."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __getitem__(self, row: int) -> dict[str, Any]:
        import audio

        return {"id": f"clip-{row}", "samples": audio.read_audio(self.data / f"flac/{row}.flac")}


class QwenJsonl:
    """The fine-tuning file of Qwen3-TTS: JSON lines with `audio_codes`, all of them in memory, as
    its `sft_12hz.py` has them."""

    def __init__(self, data: Path) -> None:
        with (data / "codes.jsonl").open() as file:
            self.rows = [json.loads(line) for line in file]

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {"id": self.rows[row]["id"], "codes": np.array(self.rows[row]["audio_codes"], np.int16).reshape(-1, 16)}


class Npy:
    """One .npy file a clip."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {"id": f"clip-{row}", "codes": np.load(self.data / f"npy/{row}.npy")}


class HuggingFace:
    """`datasets.load_from_disk` on the corpus, a clip at a time: `ds[i]` gives Python lists."""

    def __init__(self, data: Path) -> None:
        import datasets

        self.rows = datasets.load_from_disk(str(data / "corpus")).select_columns(["id", "codes"])

    def __getitem__(self, row: int) -> dict[str, Any]:
        clip = self.rows[row]
        return {"id": clip["id"], "codes": np.array(clip["codes"], np.int16).reshape(-1, 16)}


class HuggingFaceBatches(HuggingFace):
    """The same in NumPy's format and a batch at a time, the fastest way that was found."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.rows = self.rows.with_format("numpy")

    def __getitems__(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        batch = self.rows[list(rows)]
        codes = [np.asarray(one, np.int16).reshape(-1, 16) for one in batch["codes"]]
        return [{"id": str(name), "codes": one} for name, one in zip(batch["id"], codes)]


class Ours:
    """`TokenDataset`, the map-style set."""

    def __init__(self, data: Path) -> None:
        from twelvehz_data import TokenDataset

        self.rows = TokenDataset(data / "corpus", columns=("id", "codes"))
        self.__getitems__: Callable[[Sequence[int]], list[dict[str, Any]]] = self.rows.__getitems__

    def __getitem__(self, row: int) -> dict[str, Any]:
        return self.rows[row]


class Nothing:
    """A loader of nothing: what Python, torch and its workers take without any data."""

    def __init__(self, data: Path) -> None:
        import twelvehz_data  # noqa: F401

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {"id": f"clip-{row}", "codes": np.zeros((1, 16), np.int16)}


@dataclass(frozen=True)
class Arm:
    """`share`: the part of the epoch's batches that is taken, from its beginning. `codes`: the
    batches have codes, which must be those of every other arm."""

    title: str
    open: Callable[[Path], Any]
    share: float = 1 / 4
    codes: bool = True


ARMS: dict[str, Arm] = {
    "flac": Arm("FLAC decoded, no codes", Flac, share=1 / 16, codes=False),
    "jsonl": Arm("Qwen JSONL, in memory", QwenJsonl),
    "npy": Arm("one .npy a clip", Npy),
    "hf": Arm("Hugging Face `ds[i]`", HuggingFace),
    "hf-batches": Arm("Hugging Face, NumPy, by batches", HuggingFaceBatches),
    "ours": Arm("`TokenDataset`", Ours),
    "stream": Arm("`TokenStream`", Ours),
    "nothing": Arm("no data", Nothing, codes=False),
    "codec": Arm("FLAC and the codec (PyTorch) in workers", Codec, share=1 / 64),
}


class Collate:
    """Pads to int64 tensors; samples to float32."""

    def __init__(self) -> None:
        from twelvehz_data import collate

        self.codes = collate(pad=PAD, arrays="torch")

    def __call__(self, clips: list[dict[str, Any]]) -> dict[str, Any]:
        import torch

        if "codes" in clips[0]:
            return self.codes(clips)
        out = np.zeros((len(clips), max(len(clip["samples"]) for clip in clips)), np.float32)
        for row, clip in zip(out, clips):
            row[: len(clip["samples"])] = clip["samples"]
        return {"samples": torch.from_numpy(out), "id": [clip["id"] for clip in clips]}


def epoch_batches(clips: int, shard_sizes: list[int], seed: int) -> list[list[int]]:
    """The batches of an epoch in the order that `TokenStream` has, so that all arms have it."""
    from twelvehz_data.order import EpochOrder, Share, key_of

    order, share = EpochOrder(shard_sizes, "clips", key_of(seed, 0), 4), Share(clips, 1, BATCH, "balance")
    return [order(share.positions(step, 0)).tolist() for step in range(share.steps)]


def loader(name: str, data: Path, workers: int, least: int = 1) -> tuple[Any, int]:
    """A DataLoader of an arm, and how many batches of it are to be taken, `least` or more."""
    from torch.utils.data import DataLoader
    from twelvehz_data import TokenDataset, TokenStream

    arm = ARMS[name]
    corpus = TokenDataset(data / "corpus", columns=("id", "codes"))
    batches = epoch_batches(len(corpus), corpus.shard_sizes(), seed=1)
    batches = batches[: max(least, round(len(batches) * arm.share))]
    common = {"num_workers": workers, "persistent_workers": workers > 0}
    if name == "stream":
        return DataLoader(TokenStream(corpus, BATCH, collate=Collate(), seed=1), batch_size=None, **common), len(batches)
    return DataLoader(arm.open(data), batch_sampler=batches, collate_fn=Collate(), **common), len(batches)
