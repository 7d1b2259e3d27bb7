"""A discriminator for the ear: does a patch of a log spectrum come from a recording or from the decoder?

Regression makes bands smooth where the codes leave them open, and smooth bands sound dull. A network that tells patches of decoded bands
from recorded ones, and is trained beside the decoder, pulls them apart from the mean (Mao et al., "Least Squares Generative Adversarial
Networks", 2017, equation 2; patches: Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks", 2017, section
3.2.2; matched features: Larsen et al., "Autoencoding beyond pixels using a learned similarity metric", 2016, section 3.1). It works on
log bands, so it needs no phases.

Axes: B batch, L steps at 100 Hz, N log bands.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = (24, 48, 48)
KERNEL = (5, 7)  # steps, bands
STRIDES = ((1, 2), (2, 2), (2, 2))
LEARNING_RATE = 3e-4
LEAK = 0.2


class Patches(nn.Module):
    """Log bands [B, L, N], normalised -> a verdict on each patch [B, 1, L / 4, N / 8], 1 for a recording, and the layers before it."""

    def __init__(self):
        super().__init__()
        sizes = zip((1, *CHANNELS), CHANNELS, STRIDES, strict=False)
        padding = tuple(size // 2 for size in KERNEL)
        self.layers = nn.ModuleList(nn.Conv2d(a, b, KERNEL, stride, padding) for a, b, stride in sizes)
        self.verdict = nn.Conv2d(CHANNELS[-1], 1, 3, padding=1)

    def forward(self, bands: Tensor) -> tuple[Tensor, list[Tensor]]:
        h, features = bands[:, None], []
        for layer in self.layers:
            h = F.leaky_relu(layer(h), LEAK)
            features.append(h)
        return self.verdict(h), features


class Critic:
    """The discriminator, its optimizer, and the terms that it gives a decoder."""

    def __init__(self, mean: Tensor, std: Tensor):
        self.mean, self.std = mean, std
        self.patches = Patches().to(mean.device)
        self.optimizer = torch.optim.AdamW(self.patches.parameters(), LEARNING_RATE, betas=(0.5, 0.9))

    def judge(self, bands: Tensor) -> tuple[Tensor, list[Tensor]]:
        return self.patches((bands - self.mean) / self.std)

    def terms(self, decoded: Tensor, target: Tensor) -> dict[str, Tensor]:
        """log bands [B, L, N] twice -> two scalars: `adversarial`, how far patches are from passing for recorded, and `matching`, L1
        between the layers that the recording and the decoded bands excite, as a share of the former."""
        with torch.no_grad():
            _, wanted = self.judge(target)
        verdict, features = self.judge(decoded)
        matching = [(a - b).abs().mean() / a.abs().mean().clamp(min=1e-3) for a, b in zip(wanted, features, strict=True)]
        return {"adversarial": (verdict - 1).square().mean(), "matching": torch.stack(matching).mean()}

    def learn(self, decoded: Tensor, target: Tensor) -> Tensor:
        """One update of the discriminator. Returns its loss: 0.5 where it cannot tell."""
        loss = (self.judge(target)[0] - 1).square().mean() + self.judge(decoded.detach())[0].square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def state(self) -> dict:
        return {"patches": self.patches.state_dict(), "optimizer": self.optimizer.state_dict()}

    def load(self, state: dict) -> None:
        self.patches.load_state_dict(state["patches"])
        self.optimizer.load_state_dict(state["optimizer"])
