"""Recordings in, mono float32 at 24 kHz out."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr

from spectrum import SAMPLE_RATE

AUDIO_SUFFIXES = {".flac", ".wav", ".ogg", ".opus", ".mp3"}


def audio_files(folder: Path | str) -> list[Path]:
    """The recordings of a folder by name."""
    return sorted(path for path in Path(folder).iterdir() if path.suffix in AUDIO_SUFFIXES)


def read_audio(file: Path | str | BinaryIO) -> np.ndarray:
    """Path or file object -> mono float32 at 24 kHz."""
    pcm, rate = soundfile.read(file, dtype="float32")
    if pcm.ndim > 1:
        pcm = pcm.mean(1)
    return pcm if rate == SAMPLE_RATE else soxr.resample(pcm, rate, SAMPLE_RATE, "HQ")
