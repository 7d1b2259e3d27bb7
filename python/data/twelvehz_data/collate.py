"""Clips to a batch: padded, delayed, and only at the end int64."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .dataset import Clip
from .shards import Codes

_LARGEST = 2**15 - 1


@dataclass(frozen=True)
class Collator:
    """What `collate` gives: call it with a list of clips. It can be pickled."""

    pad: int
    delays: tuple[int, ...] | bool
    layers: int | None
    multiple_of: int
    dtype: Literal["int64", "int16"]
    arrays: Literal["torch", "numpy"] | None

    def __call__(self, clips: Sequence[Clip]) -> dict[str, Any]:
        codes = [clip["codes"] if self.layers is None else clip["codes"][:, : self.layers] for clip in clips]
        if not codes:
            raise ValueError("A batch of no clips; at least one wanted")
        lengths = np.array([len(one) for one in codes], np.int64)
        padded = _padded(codes, self.pad, self._delays(codes[0].shape[1]), self.multiple_of)
        batch: dict[str, Any] = {name: [clip[name] for clip in clips] for name in clips[0] if name not in ("codes", "frames")}
        wide = padded if self.dtype == "int16" else padded.astype(np.int64)
        return {"codes": self._as_array(wide), "frames": self._as_array(lengths), **batch}

    def _delays(self, layers: int) -> tuple[int, ...]:
        if isinstance(self.delays, bool):
            return tuple(range(layers)) if self.delays else (0,) * layers
        if len(self.delays) != layers:
            raise ValueError(f"delay_pattern has {len(self.delays)} delays, the codes have {layers} layers")
        return self.delays

    def _as_array(self, array: npt.NDArray[Any]) -> Any:
        if self.arrays == "numpy" or (self.arrays is None and "torch" not in sys.modules):
            return array
        import torch

        return torch.from_numpy(array)


def collate(
    *,
    pad: int,
    delay_pattern: bool | Sequence[int] = False,
    layers: int | None = None,
    multiple_of: int = 1,
    dtype: Literal["int64", "int16"] = "int64",
    arrays: Literal["torch", "numpy"] | None = None,
) -> Collator:
    """Makes the `collate_fn` of a DataLoader, or the `collate` of a `TokenStream`.

    A batch is a dict: "codes" `[B, T, K]`, frame-major, int64; "frames" `[B]` int64, the length of
    each clip before padding and delay; every other column as a list.

    Args:
        pad: the code where there is none; `dataset.info.codebook_size` is the first number that
            is no code.
        delay_pattern: True shifts layer k by k frames, as in MusicGen (Copet et al., 2023,
            section 2.2), so that a batch has T + K - 1 frames; a sequence says the delay of each
            layer in frames. `undelay` is the way back.
        layers: only the first so many; default all.
        multiple_of: T is rounded up to one, so that fewer shapes come up.
        dtype: "int16" leaves the widening to `widen`, on the device: a quarter of the bytes go
            from workers, through pinned memory and to the card.
        arrays: "torch" or "numpy"; default torch where the program has imported it.

    Raises ValueError for options out of range, and when called, for clips of unlike layers.
    """
    if not -_LARGEST - 1 <= pad <= _LARGEST:
        raise ValueError(f"pad is {pad}; an int16 wanted, such as the size of the codebook")
    if layers is not None and layers < 1:
        raise ValueError(f"layers is {layers}; at least 1 wanted")
    if multiple_of < 1:
        raise ValueError(f"multiple_of is {multiple_of}; at least 1 wanted")
    delays = delay_pattern if isinstance(delay_pattern, bool) else tuple(delay_pattern)
    if not isinstance(delays, bool) and (not delays or min(delays) < 0):
        raise ValueError(f"delay_pattern is {list(delays)}; delays of 0 frames or more wanted, one for each layer")
    return Collator(pad, delays, layers, multiple_of, dtype, arrays)


def undelay(codes: Codes, frames: int, delays: Sequence[int] | None = None) -> Codes:
    """The codes `[frames, K]` of one clip out of delayed ones `[T, K]`; delays as in `collate`,
    default 0, 1, ... K - 1."""
    shifts = range(codes.shape[1]) if delays is None else delays
    return np.stack([codes[shift : shift + frames, k] for k, shift in enumerate(shifts)], axis=1)


def widen(batch: Mapping[str, Any], device: Any = None) -> dict[str, Any]:
    """Moves the tensors of a batch to a device, and makes int64 of its codes there: for
    `collate(dtype="int16")` with torch."""
    import torch

    moved = {
        name: value.to(device, non_blocking=True) if isinstance(value, torch.Tensor) else value
        for name, value in batch.items()
    }
    return {**moved, "codes": moved["codes"].to(torch.int64)}


def _padded(codes: Sequence[Codes], pad: int, delays: tuple[int, ...], multiple_of: int) -> Codes:
    layers = codes[0].shape[1]
    longest = max(len(one) for one in codes) + max(delays)
    out = np.full((len(codes), -(-longest // multiple_of) * multiple_of, layers), pad, np.int16)
    runs = _runs(delays)
    for row, one in zip(out, codes):
        if one.shape[1] != layers:
            raise ValueError(f"Clips of {layers} and of {one.shape[1]} layers in a batch; equal ones wanted")
        for begin, end, delay in runs:
            row[delay : delay + len(one), begin:end] = one[:, begin:end]
    return out


def _runs(delays: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Neighbouring layers of one delay, as (first, end, delay): they are copied at once."""
    runs: list[tuple[int, int, int]] = []
    for k, delay in enumerate(delays):
        if runs and runs[-1][2] == delay:
            runs[-1] = (runs[-1][0], k + 1, delay)
        else:
            runs.append((k, k + 1, delay))
    return runs
