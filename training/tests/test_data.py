import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

import data
import spectrum
from audio import read_audio
from conftest import voice
from data import Augmentation, Corpus
from evaluate import mix
from model import Config

CPU = torch.device("cpu")
PLAIN = Augmentation(gain_db=(0.0, 0.0), noise=0.0)


@pytest.fixture
def features(shard: Path, noise_folder: Path, toy: Config, tmp_path: Path) -> Path:
    data.write_features([str(shard)], str(noise_folder), tmp_path / "features", toy)
    return tmp_path / "features"


def corpus(features: Path, config: Config, augmentation: Augmentation = PLAIN) -> Corpus:
    return Corpus(features, config, 4, CPU, augmentation)


def test_features_are_the_log_bands_of_the_recordings(features: Path, shard: Path, toy: Config):
    index = json.loads((features / "index.json").read_text())["recordings"]
    bands = np.fromfile(features / "bands.f16", np.float16).reshape(-1, 128)
    _, file = next(data.recordings([str(shard)]))
    pcm = data.at_level(read_audio(io.BytesIO(file)))
    to_bands, _ = spectrum.band_matrices(toy.bands, toy.single_bins)
    wanted = spectrum.log_bands(pcm[: 8 * 1920], to_bands, toy.floor)
    assert index[0]["steps"] == 64
    np.testing.assert_allclose(bands[:64], wanted, atol=4e-3)  # float16 between -5 and 5


def test_validation_speakers_are_kept_out_and_written_as_clips(features: Path, toy: Config):
    part = corpus(features, toy)
    assert 1 <= len(part.validation) <= 12
    assert len(part.start) + len(part.validation) == 60
    assert len(list((features / "validation").glob("*.flac"))) == len(part.validation)


def test_recordings_at_other_speeds_have_another_pitch_and_length(shard: Path, toy: Config, tmp_path: Path):
    data.write_features([str(shard)], None, tmp_path / "fast", toy, (1.0, 1.25))
    index = json.loads((tmp_path / "fast" / "index.json").read_text())["recordings"]
    assert [row["speed"] for row in index[:2]] == [1.0, 1.25] and index[1]["speaker"] == index[0]["speaker"]
    assert all(row["speed"] == 1 for row in index if row["validation"])
    assert index[1]["steps"] == pytest.approx(index[0]["steps"] / 1.25, abs=8)
    assert len(list(corpus(tmp_path / "fast", toy).recordings())) == sum(not row["validation"] for row in index) / 2
    with pytest.raises(ValueError, match="1 must be among them"):
        data.write_features([str(shard)], None, tmp_path / "without", toy, (0.9,))
    tone = np.sin(2 * np.pi * 1000 * np.arange(24000) / 24000)
    assert np.abs(np.fft.rfft(data.at_speed(tone, 1.25)[:9600])).argmax() * 2.5 == pytest.approx(1250, abs=2.5)


def test_pieces_of_short_recordings_end_in_silence(features: Path, toy: Config):
    part = Corpus(features, toy, 12, CPU, PLAIN)
    assert torch.all(part.pieces(4)[:, 64:] == math.log(toy.floor))


def test_a_change_of_level_is_a_change_of_the_samples(features: Path, toy: Config):
    to_bands, _ = spectrum.band_matrices(toy.bands, toy.single_bins)
    pcm = voice(0.4, 140)
    loud, quiet = (torch.from_numpy(spectrum.log_bands(x, to_bands, toy.floor)) for x in (pcm, 0.25 * pcm))
    changed = corpus(features, toy).change_level(loud[None], torch.tensor(0.25))[0]
    assert (changed - quiet).abs()[:, :48].max() < 1e-3  # single bins: exact
    assert (changed - quiet).abs().mean() < 0.02


def test_noise_added_to_bands_is_like_noise_added_to_samples(features: Path, toy: Config):
    rng = np.random.default_rng(0)
    to_bands, _ = spectrum.band_matrices(toy.bands, toy.single_bins)
    pcm, hiss = voice(4, 140), rng.standard_normal(96000).astype(np.float32)
    noisy = mix(pcm, hiss, 10.0)
    signals = (pcm, noisy - pcm, noisy)
    clean, added, wanted = (torch.from_numpy(spectrum.log_bands(x, to_bands, toy.floor)) for x in signals)
    part = corpus(features, toy)
    found = part.add_at_random_angle(clean, part.linear(added))
    assert (found.mean(0) - wanted.mean(0)).abs().mean() < 0.1  # in nepers, over 400 steps
    assert (clean.mean(0) - wanted.mean(0)).abs().mean() > 1.0


def test_noise_is_coloured_anew_for_each_piece(features: Path, toy: Config):
    silence, one = torch.full((6, 32, 128), math.log(toy.floor)), torch.ones(6, 1, 1)

    def spread(noise_filter_db: float) -> float:
        """How far the spectra of pieces are apart, in nepers."""
        part = corpus(features, toy, Augmentation(snr_db=(0.0, 0.0), noise_filter_db=noise_filter_db))
        return part.add_noise(silence, one).mean(1).std(0).mean().item()

    assert spread(12.0) > 3 * spread(0.0)


def test_only_the_input_is_degraded(features: Path, toy: Config):
    for augmentation in (Augmentation(noise=0.5), Augmentation(noise=0.0, reverberation=0.5)):
        batch = corpus(features, toy, augmentation).batch(8)
        changed = (batch.input != batch.target).flatten(1).any(1)
        assert changed.sum() == 4


def test_reverberation_leaves_a_tail(features: Path, toy: Config):
    part = corpus(features, toy, Augmentation(decay_seconds=(0.5, 0.5), tail_db=(0.0, 0.0)))
    click = torch.full((1, 32, 128), math.log(toy.floor))
    click[:, 4] = 3.0
    wet = part.add_reverberation(click)
    assert torch.all(wet[:, :4] == click[:, :4])
    assert wet[0, 5].mean() > wet[0, 20].mean() > math.log(toy.floor)


def test_a_filter_changes_input_and_target_alike(features: Path, toy: Config):
    batch = corpus(features, toy, Augmentation(noise=0.0, filter_db=6.0)).batch(4)
    torch.testing.assert_close(batch.input, batch.target)
