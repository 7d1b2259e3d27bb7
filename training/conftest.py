"""Lets the tests import the recipe's files by name, and gives them a toy model and a toy corpus."""

import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

sys.path.insert(0, str(Path(__file__).parent))

from model import Config  # noqa: E402

PACKAGE = Path(__file__).parent.parent / "packages" / "compact-model"


@pytest.fixture(autouse=True)
def one_thread():
    """Sums in one order: results can be compared bit by bit."""
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture
def toy() -> Config:
    return Config(layers=3, codebook_size=16, codebook_dim=8, fine_dim=12, dim=16, depth=(1, 1, 1, 1), name="toy")


@pytest.fixture
def package() -> Path:
    """The folder that ships."""
    if not (PACKAGE / "golden.safetensors").exists():
        pytest.skip("packages/compact-model holds no weights")
    return PACKAGE


def voice(seconds: float, pitch: float) -> np.ndarray:
    """Something with harmonics and pauses, [S] at 24 kHz."""
    t = np.arange(int(seconds * 24000)) / 24000
    tone = sum(np.sin(2 * np.pi * pitch * k * t + k * k) / k for k in range(1, 12))
    return (0.1 * tone * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * t))).astype(np.float32)


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    """A shard of 60 speakers with one short recording each, at 16 kHz."""
    path = tmp_path / "shard.tar"
    rows = [{"file": f"{i}.wav", "dataset": "toy", "speaker": str(i), "sampling_rate": 16000} for i in range(60)]
    with tarfile.open(path, "w") as tar:
        add(tar, "manifest.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
        for i, row in enumerate(rows):
            wav = io.BytesIO()
            soundfile.write(wav, voice(0.45, 100 + 3 * i), 16000, format="WAV")
            add(tar, row["file"], wav.getvalue())
    return path


@pytest.fixture
def noise_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "noise"
    folder.mkdir()
    soundfile.write(folder / "hiss.wav", 0.1 * np.random.default_rng(1).standard_normal(48000), 24000)
    return folder


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))
