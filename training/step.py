"""One step of a training run: the loss of a batch, and what it moves."""

from __future__ import annotations

import math
from contextlib import contextmanager

import torch
from torch import Tensor, nn

import data
import losses
from anchor import anchor_terms
from model import Config
from quantizer import dequantised
from run import Options, Run

LAST_LEARNING_RATE = 0.03  # share of the highest
CODEBOOK_DECAY = 0.995
LAST_CODEBOOK_DECAY = 0.999
AVERAGE_DECAY = 0.999
DROPOUT_SHARE = 4  # one in so many samples uses only some of the layers


def cosine(progress: float, first: float, last: float) -> float:
    """From first to last along half a cosine."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def learning_rate(options: Options, step: int, progress: float) -> float:
    warm_up = min(1.0, (step + 1) / options.warm_up)
    return options.learning_rate * warm_up * cosine(progress, 1.0, LAST_LEARNING_RATE)


def latent_noise(config: Config) -> float:
    """Standard deviation of noise on a latent of unit variance that leaves it as many bits as the codes have:
    dimensions x half log2(1 + 1 / noise^2) = layers x log2(size)."""
    bits = config.layers * math.log2(config.codebook_size)
    return (2 ** (2 * bits / config.codebook_dim) - 1) ** -0.5


def layers_kept(batch: int, layers: int, device: torch.device) -> Tensor:
    """How many layers each sample of the batch may use: [B]."""
    keep = torch.full((batch,), layers)
    some = batch // DROPOUT_SHARE
    keep[:some] = torch.randint(1, layers, (some,))
    return keep.to(device)


@contextmanager
def precision(run: Run):
    with torch.autocast(run.device.type, torch.bfloat16, enabled=run.options.bfloat16):
        yield


def bottleneck(run: Run, latent: Tensor, keep: Tensor) -> tuple[Tensor, Tensor]:
    """latent [B, T, D], keep [B] (layers that sample b may use) -> what the decoder gets, and the commitment loss."""
    if not run.quantised:
        return latent + latent_noise(run.config) * torch.randn_like(latent), latent.new_zeros(())
    if run.options.only_decoder:
        return dequantised(latent, run.model.codebooks, keep, run.config.beam_width), latent.new_zeros(())
    return run.quantizer(latent, keep, cosine(run.progress(), CODEBOOK_DECAY, LAST_CODEBOOK_DECAY))


def reconstruction_terms(run: Run, decoded: Tensor, batch: data.Batch) -> dict[str, Tensor]:
    """decoded [B, L, N] -> the terms of the loss that compare with the recording"""
    return losses.reconstruction(decoded, batch.target, batch.gain) | run.hearing.terms(decoded, batch.target)


@torch.no_grad()
def decoded_before(run: Run, batch: data.Batch, quantised: Tensor, keep: Tensor) -> Tensor | None:
    """What the first model makes of a batch: log bands [B, L, N]. With only_decoder its codes are those of now, `quantised`. None
    without a first model, and in steps that are not compared with it."""
    if run.before is None or (not run.options.only_decoder and run.step % run.options.hold_every):
        return None
    with precision(run):
        if not run.options.only_decoder:
            latent = run.before.encode_latent(batch.input).float()
            quantised = dequantised(latent, run.before.codebooks, keep, run.config.beam_width)
        return run.before.decode_latent(quantised).float()


def hold(run: Run, decoded: Tensor, before: Tensor | None, batch: data.Batch, terms: dict[str, Tensor]) -> Tensor:
    """What the held terms add to the loss; moves their multipliers where `before` is given. decoded and before: log bands
    [B, L, N]; terms: those of `decoded` so far, to which the measures are added."""
    terms |= run.measured.terms(decoded, batch.target)
    penalty = run.multipliers.penalty(terms)
    if before is not None:
        with torch.no_grad():
            of_before = reconstruction_terms(run, before, batch) | run.measured.terms(before, batch.target)
        run.multipliers.follow(terms, of_before)
    return penalty


def train_step(run: Run, batch: data.Batch, weights: losses.Weights) -> dict[str, Tensor]:
    """One update of all that the run moves; returns the terms of the loss."""
    loss, terms = encoder_loss(run, batch, weights) if run.options.only_encoder else codec_loss(run, batch, weights)
    for group in run.optimizer.param_groups:
        group["lr"] = group["share"] * learning_rate(run.options, run.step, run.progress())
    run.optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(run.learnt, 1.0)
    run.optimizer.step()
    run.step += 1
    update_average(run)
    return {name: term.detach() for name, term in terms.items()}


def encoder_loss(run: Run, batch: data.Batch, weights: losses.Weights) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of an encoder whose codes others decode, and its terms: how far its latents lie from the first encoder's of the
    clean recording."""
    with torch.no_grad(), precision(run):
        wanted = run.before.encode_latent(batch.target).float()
    with precision(run):
        latent = run.model.encode_latent(batch.input).float()
    terms = losses.latents(latent, wanted, (batch.input == batch.target).all(2).all(1))
    return losses.total(terms, weights), terms


def codec_loss(run: Run, batch: data.Batch, weights: losses.Weights) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of the network through its codes, and the terms of it. Moves codebooks and multipliers."""
    with precision(run):
        latent = run.model.encode_latent(batch.input)
    keep = layers_kept(len(latent), run.config.layers, run.device)
    quantised, commitment = bottleneck(run, latent.float(), keep)
    with precision(run):
        decoded = run.model.decode_latent(quantised).float()
    terms = reconstruction_terms(run, decoded, batch)
    only_shown = {}
    if weights.adversarial or weights.matching:
        only_shown["critic"] = run.critic.learn(decoded, batch.target)
        terms |= run.critic.terms(decoded, batch.target)
    terms["commitment"] = commitment
    loss = losses.total(terms, weights)
    before = decoded_before(run, batch, quantised, keep)
    if run.before and run.multipliers.holds:
        loss = loss + hold(run, decoded, before, batch, terms)
    if run.before and run.options.only_decoder:
        anchors = anchor_terms(decoded, before, batch.target)
        loss = loss + losses.total(anchors, weights)
        terms |= anchors
    return loss, terms | only_shown


@torch.no_grad()
def update_average(run: Run) -> None:
    """Moves the averaged weights; early in a run they follow quickly. Codebooks are averages already."""
    decay = min(AVERAGE_DECAY, run.step / (run.step + 20))
    torch._foreach_lerp_(run.averaged, run.learnt, 1 - decay)
    run.average.codebooks.copy_(run.model.codebooks)
