import json
import math
from pathlib import Path

import pytest
import torch

import data
import export
import spectrum
from data import Augmentation, Corpus
from losses import Weights
from model import Compact, Config
from run import ENCODER, Options, Run, parameter_groups
from step import cosine, latent_noise, learning_rate, train_step
from train import entry_counts, fit_priority, replace_unused, settle, train

CPU = torch.device("cpu")


@pytest.fixture
def features(shard: Path, noise_folder: Path, toy: Config, tmp_path: Path) -> Path:
    data.write_features([str(shard)], str(noise_folder), tmp_path / "features", toy)
    return tmp_path / "features"


def start(config: Config, features: Path, steps: int = 24, rate: float = 1e-3) -> tuple[Run, Corpus]:
    options = Options(steps=steps, batch=4, frames=4, learning_rate=rate, log_every=4, validate_every=8)
    run = Run(config, options, CPU)
    corpus = Corpus(features, config, options.frames, CPU, Augmentation(noise=0.25, reverberation=0.25))
    run.measure_bands(corpus.batch(32).target)
    return run, corpus


def test_the_loss_falls(toy: Config, features: Path, tmp_path: Path):
    run, corpus = start(toy, features, steps=300, rate=1e-2)
    train(run, corpus, tmp_path, Weights())
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert run.quantised
    terms = ("log", "power", "intelligibility", "loudness")
    watched = [sum(getattr(Weights(), term) * line[f"validation_{term}"] for term in terms) for line in lines if "validation_log" in line]
    assert watched[-1] < 0.8 * watched[0], watched
    assert any("validation_free_power" in line for line in lines)


def test_a_resumed_run_equals_an_uninterrupted_one(toy: Config, features: Path, tmp_path: Path):
    whole, corpus = start(toy, features)
    train(whole, corpus, tmp_path, Weights())

    first, corpus = start(toy, features)
    interrupt_after(first, 13)
    train(first, corpus, tmp_path, Weights())
    second, corpus = start(toy, features)
    second.load(tmp_path / "state.pt")
    assert second.step == 13 and second.quantised
    train(second, corpus, tmp_path, Weights())

    for name, value in whole.average.state_dict().items():
        torch.testing.assert_close(second.average.state_dict()[name], value, rtol=0, atol=0, msg=name)


def interrupt_after(run: Run, steps: int) -> None:
    """Makes `train` stop early, without changing the schedule."""
    progress = run.progress
    run.progress = lambda: 1.0 if run.step >= steps else progress()


def test_a_deeper_network_starts_as_the_one_it_grew_from(toy: Config, features: Path, tmp_path: Path):
    run, corpus = start(toy, features)
    train(run, corpus, tmp_path, Weights())
    export.save_model(run.average, tmp_path / "model", "float16", "toy")
    deeper = Config(**{**vars(toy), "depth": (2, 1, 1, 2)})
    grown, corpus = start(deeper, features)
    grown.start_from([str(tmp_path / "model")])
    bands = corpus.validation_batch()
    before = export.load_model(tmp_path / "model").decode_latent(torch.zeros(1, 2, 8))
    after = grown.model.decode_latent(torch.zeros(1, 2, 8))
    assert grown.quantised and len(bands)
    assert (before - after).abs().mean() < 0.1


def test_the_fine_part_alone_is_trained_and_held_to_where_it_began(toy: Config, features: Path, tmp_path: Path):
    export.save_model(Compact(toy), tmp_path / "model", "float16", "toy")
    changes = []
    for anchor in (0.0, 1e3):
        options = Options(steps=12, batch=4, frames=4, learning_rate=1e-2, only_decoder=True, only_fine=True)
        run, corpus = Run(toy, options, CPU), Corpus(features, toy, 4, CPU, Augmentation(noise=0.25))
        run.start_from([str(tmp_path / "model")])
        train(run, corpus, tmp_path, Weights(anchor=anchor))
        same = [torch.equal(now, run.before.state_dict()[name]) for name, now in run.model.state_dict().items() if name[:3] != "p2."]
        assert not all(same) and run.before.out.weight.equal(run.model.out.weight)
        latent = torch.randn(2, 4, toy.codebook_dim)
        changes.append((run.model.decode_latent(latent) - run.before.decode_latent(latent)).abs().mean().item())
        again = Run(toy, options, CPU)
        again.load(tmp_path / "state.pt")
        assert again.before.out.weight.equal(run.before.out.weight)
    assert changes[1] < 0.5 * changes[0]


def test_the_encoder_alone_learns_clean_latents_of_noisy_input(toy: Config, features: Path, tmp_path: Path):
    export.save_model(Compact(toy), tmp_path / "model", "float16", "toy")
    options = Options(steps=60, batch=8, frames=4, learning_rate=2e-3, warm_up=5, only_encoder=True)
    run, corpus = Run(toy, options, CPU), Corpus(features, toy, 4, CPU, Augmentation(noise=0.5))
    run.start_from([str(tmp_path / "model")])
    first = {name: value.clone() for name, value in run.model.state_dict().items()}
    errors = []
    for _ in range(60):
        errors.append({name: term.item() for name, term in train_step(run, corpus.batch(8), Weights()).items()})
    assert errors[0]["clean_latent"] == 0  # until the weights move
    noisy = [error["noisy_latent"] for error in errors]
    assert sum(noisy[-15:]) < 0.9 * sum(noisy[:15])
    moved = {name.split(".")[0] for name, value in run.model.state_dict().items() if not torch.equal(value, first[name])}
    assert moved == set(ENCODER)


def test_what_works_at_12_5_hz_can_learn_more_slowly(toy: Config):
    model = Compact(toy)
    shares = {id(w): group["share"] for group in parameter_groups(model, Options(coarse_rate=0.25)) for w in group["params"]}
    slow = {name.split(".")[0] for name, w in model.named_parameters() if shares.get(id(w)) == 0.25}
    assert slow == {"down", "e2", "en", "inp", "out", "p1", "pn", "up"}
    assert len(shares) == sum(w.requires_grad for w in model.parameters())


def test_the_learning_rate_rises_and_falls():
    options = Options(steps=1000, learning_rate=1.0)
    assert learning_rate(options, 0, 0.0) == pytest.approx(1 / 200)
    assert learning_rate(Options(learning_rate=1.0, warm_up=20), 9, 0.0) == pytest.approx(0.5)
    assert learning_rate(options, 500, 0.5) == pytest.approx(0.515)
    assert learning_rate(options, 1000, 1.0) == pytest.approx(0.03)
    assert cosine(2.0, 1.0, 0.5) == 0.5


def test_tensor_names_are_those_of_the_shipped_file(package):
    model = Compact(Config.read(package / "config.json"))
    assert set(export.load_weights(package)) == set(model.state_dict())


def test_a_wider_latent_starts_as_the_one_it_grew_from(toy: Config, features: Path, tmp_path: Path):
    export.save_model(Compact(toy), tmp_path / "model", "float16", "toy")
    wider, corpus = start(Config(**{**vars(toy), "codebook_dim": 12}), features)
    wider.start_from([str(tmp_path / "model")])
    old, bands = export.load_model(tmp_path / "model"), corpus.validation_batch()
    before, after = (model.decode_latent(model.encode_latent(bands)) for model in (old, wider.model))
    assert not wider.quantised  # the codebooks have to be learnt again
    assert (before - after).abs().mean() < 0.2 * before.std()


def test_the_noise_leaves_as_many_bits_as_the_codes_have():
    noise = latent_noise(Config(layers=16, codebook_size=2048, codebook_dim=64))
    assert 64 * 0.5 * math.log2(1 + 1 / noise**2) == pytest.approx(16 * 11)


def test_a_training_state_refines_the_shipped_weights(toy: Config, features: Path, tmp_path: Path):
    run, corpus = start(toy, features)
    train(run, corpus, tmp_path, Weights())
    export.save_model(run.average, tmp_path / "model", "int8", "toy")
    export.save_state(run.average.state_dict(), run.quantizer.count, tmp_path / "state")
    again, _ = start(toy, features)
    again.start_from([str(tmp_path / "model"), str(tmp_path / "state")])
    for name, value in run.average.state_dict().items():
        loose = {"rtol": 0.05, "atol": 0.02} if name == "codebooks" else {"rtol": 1e-3, "atol": 1e-6}
        torch.testing.assert_close(again.average.state_dict()[name], value, msg=name, **loose)
    torch.testing.assert_close(again.quantizer.count, run.quantizer.count.clamp(min=0.05), rtol=1e-3, atol=1e-3)


def test_settling_leaves_no_entry_nearly_unused(toy: Config, features: Path, tmp_path: Path):
    run, corpus = start(toy, features)
    train(run, corpus, tmp_path, Weights())
    run.average.codebooks[:, 0] = 100.0  # an entry that nobody chooses
    run.quantizer.count[:, 0] = 0.01
    settle(run, corpus, steps=60)
    assert (run.average.codebooks[:, 0].abs() < 50).all()


def test_an_entry_that_no_recording_chooses_shares_one_that_is_chosen(toy: Config, features: Path, tmp_path: Path):
    run, corpus = start(toy, features)
    train(run, corpus, tmp_path, Weights())
    before = (entry_counts(run, corpus) == 0).sum()
    run.average.codebooks[0, 0] = 100.0
    assert entry_counts(run, corpus)[0, 0] == 0
    after = (replace_unused(run, corpus, rounds=3) == 0).sum()
    assert run.average.codebooks[0, 0].abs().max() < 50 and after <= before


def test_the_priority_is_a_good_linear_estimate_of_the_decoded_bands(toy: Config, features: Path, tmp_path: Path):
    run, corpus = start(toy, features)
    train(run, corpus, tmp_path, Weights())
    model = run.average
    fit_priority(model, corpus, batches=20)
    codes = model.quantize(model.encode_latent(corpus.batch(16).target).flatten(0, 1))
    bands = model.decode_bands(codes)
    error = (model.decode_priority(codes) / spectrum.PRIORITY_UNITS - bands).square().mean()
    assert error < 0.2 * (bands - bands.mean(0)).square().mean()


def test_a_critic_is_trained_beside_the_decoder(toy: Config, features: Path, tmp_path: Path):
    run, corpus = start(toy, features, 6)
    run.quantised = True
    train(run, corpus, tmp_path, Weights(adversarial=0.1, matching=0.1))
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert {"adversarial", "matching", "critic"} <= set(lines[-1])
    again = Run(toy, run.options, CPU)
    again.load(tmp_path / "state.pt")
    assert torch.equal(again.critic.patches.verdict.weight, run.critic.patches.verdict.weight)
    assert not torch.equal(again.critic.patches.verdict.weight, Run(toy, run.options, CPU).critic.patches.verdict.weight)
