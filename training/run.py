"""What a training run is: its options, its weights and averages, and all that it saves to go on from."""

from __future__ import annotations

import copy
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

import export
from critic import Critic
from hearing import Hearing
from held import HOLDS, Measured, Multipliers
from model import Compact, Config
from quantizer import Quantizer

DECODER = ("out", "p1", "pn", "up", "p2", "hn", "head")
ENCODER = ("ein", "e1", "down", "e2", "en", "inp")
FINE = ("p2", "hn", "head")  # what the decoder does at 100 Hz
AT_100_HZ = ("ein", "e1", *FINE)


@dataclass(frozen=True)
class Options:
    """How to train. Either `minutes` of wall clock or `steps` ends the run."""

    minutes: float = 60.0
    steps: int | None = None
    batch: int = 14
    frames: int = 32  # of a piece: 2.56 s
    learning_rate: float = 1e-3
    coarse_rate: float = 1.0  # share of the learning rate for what works at 12.5 Hz, an eighth as often
    warm_up: int = 200  # steps in which the learning rate rises
    unquantised: float = 0.25  # share of a run from nothing
    bfloat16: bool = False
    only_encoder: bool = False  # learns to hear clean latents in degraded input; codebooks and decoder stay
    only_decoder: bool = False  # encoder and codebooks stay, so codes stay valid
    only_fine: bool = False  # with only_decoder: of the decoder, too, what works at 12.5 Hz stays
    hold: tuple[str, ...] = ()  # terms that may not get worse than the first model's, of held.HOLDS
    hold_every: int = 1  # steps between two comparisons with the first model
    seed: int = 0
    log_every: int = 100
    validate_every: int = 500


class Run:
    """Everything that a training run changes, in one place to save and load."""

    def __init__(self, config: Config, options: Options, device: torch.device):
        torch.manual_seed(options.seed)
        self.config, self.options, self.device = config, options, device
        self.model = Compact(config).to(device)
        self.average = copy.deepcopy(self.model)
        self.hearing = Hearing(config.bands, config.single_bins, config.floor, device)
        self.quantizer = Quantizer(self.model.codebooks, beam_width=config.beam_width)
        for model in (self.model, self.average):
            for name, weight in model.named_parameters():
                weight.requires_grad_(weight.requires_grad and is_learnt(name, options))
        self.learnt = [w for w in self.model.parameters() if w.requires_grad]
        self.averaged = [w for w in self.average.parameters() if w.requires_grad]
        self.optimizer = torch.optim.AdamW(
            parameter_groups(self.model, options), options.learning_rate, betas=(0.9, 0.98), weight_decay=1e-2, fused=True
        )
        self.critic = Critic(self.model.mean, self.model.std)
        self.before: Compact | None = None  # the model that this one is held to, or learns from
        self.measured = Measured(config.bands, config.single_bins, config.floor, device)
        self.multipliers = Multipliers({name: HOLDS[name] for name in options.hold})
        self.quantised = False  # codebooks are in use
        self.step, self.elapsed_seconds = 0, 0.0

    def measure_bands(self, bands: Tensor) -> None:
        """Sets the normalisation of the input from log bands [B, L, N]."""
        for model in (self.model, self.average):
            model.mean.copy_(bands.mean((0, 1)))
            model.std.copy_(bands.std((0, 1)))

    def start_from(self, folders: list[str]) -> None:
        """Takes the weights of an exported model, and what later folders have of it in finer grain. Blocks
        that they lack start as nearly nothing, so the network can be made deeper; a wider latent starts with
        dimensions that the decoder does not hear yet, and without codebooks."""
        weights = {name: value for folder in folders for name, value in export.load_weights(folder).items()}
        count = weights.pop(export.COUNT, None)
        same_width = weights["codebooks"].shape[2] == self.config.codebook_dim
        if not same_width:
            weights = widen_latent(weights, self.config.codebook_dim)
        missing = self.model.load_state_dict(weights, strict=False).missing_keys
        for name, weight in self.model.named_parameters():
            if name in missing and name.endswith(".g"):
                weight.data.fill_(0.05)
        self.average.load_state_dict(self.model.state_dict())
        if self.options.only_encoder or self.options.only_decoder or self.options.hold:
            self.before = copy.deepcopy(self.model).requires_grad_(False)
        self.quantizer = Quantizer(
            self.model.codebooks, count if same_width else None, beam_width=self.config.beam_width
        )
        self.quantised = same_width

    def progress(self) -> float:
        """Share of the run that is over, 0 to 1."""
        if self.options.steps is not None:
            return self.step / self.options.steps
        return self.elapsed_seconds / 60 / self.options.minutes

    def state(self) -> dict:
        return {
            "config": asdict(self.config),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "before": self.before.state_dict() if self.before else None,
            "multipliers": self.multipliers.state(),
            "quantizer": self.quantizer.state(),
            "critic": self.critic.state(),
            "optimizer": self.optimizer.state_dict(),
            "quantised": self.quantised,
            "step": self.step,
            "elapsed_seconds": self.elapsed_seconds,
            "random": random_state(self.device),
        }

    def save(self, path: Path) -> None:
        """Writes beside the file first, so that an interrupted save leaves the old state whole."""
        torch.save(self.state(), path.with_suffix(".tmp"))
        os.replace(path.with_suffix(".tmp"), path)

    def load(self, path: Path) -> None:
        state = torch.load(path, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        if state["before"]:
            self.before = copy.deepcopy(self.model).requires_grad_(False)
            self.before.load_state_dict(state["before"])
            self.multipliers.load(state["multipliers"])
        self.quantizer.load(state["quantizer"])
        self.critic.load(state["critic"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.quantised, self.step = state["quantised"], state["step"]
        self.elapsed_seconds = state["elapsed_seconds"]
        set_random_state(state["random"], self.device)


def is_learnt(name: str, options: Options) -> bool:
    """Whether a run with these options moves a weight of this name."""
    part = name.split(".")[0]
    if options.only_encoder:
        return part in ENCODER
    return part in (FINE if options.only_fine else DECODER) or not options.only_decoder


def parameter_groups(model: Compact, options: Options) -> list[dict]:
    """The weights that a run moves, each with its `share` of the learning rate."""
    learnt = [(name.split(".")[0] in AT_100_HZ, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    groups = [([w for fine, w in learnt if fine], 1.0), ([w for fine, w in learnt if not fine], options.coarse_rate)]
    return [{"params": weights, "share": share} for weights, share in groups if weights]


def widen_latent(weights: dict[str, Tensor], size: int) -> dict[str, Tensor]:
    """Weights of a model -> of one with `size` numbers in a latent that gives the same bands at first."""
    old_size, width = weights["inp.weight"].shape
    added = size - old_size
    rows = torch.randn(added, width) * weights["inp.weight"].std()
    kept = {name: value for name, value in weights.items() if not name.startswith("priority.")}  # fitted anew
    return {
        **kept,
        "inp.weight": torch.cat([weights["inp.weight"], rows]),
        "inp.bias": torch.cat([weights["inp.bias"], torch.zeros(added)]),
        "out.weight": torch.cat([weights["out.weight"], torch.zeros(len(weights["out.weight"]), added)], dim=1),
        "codebooks": torch.zeros(*weights["codebooks"].shape[:2], size),
    }


def random_state(device: torch.device) -> dict[str, Tensor]:
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def set_random_state(state: dict[str, Tensor], device: torch.device) -> None:
    torch.set_rng_state(state["cpu"].cpu())
    if "cuda" in state and device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"].cpu(), device)
