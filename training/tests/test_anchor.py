import torch

from anchor import PATCH, anchor_terms
from model import Config
from run import Options, is_learnt

CONFIG = Config()


def bands() -> torch.Tensor:
    """Log bands [B, L, N] of noise that falls towards high bands."""
    return 0.5 * torch.randn(4, 96, CONFIG.bands) - torch.linspace(0, 5, CONFIG.bands)


def test_no_change_costs_nothing_and_a_constant_one_costs_all_three():
    target = bands()
    assert all(term == 0 for term in anchor_terms(target, target, target + 1).values())
    for term in anchor_terms(target + 0.1, target, target).values():
        torch.testing.assert_close(term, torch.tensor(0.01), rtol=0.05, atol=0)


def test_changes_that_cancel_in_a_patch_cost_little_but_as_changes():
    target = bands()
    terms = anchor_terms(target + 0.1 * torch.randn_like(target), target, target)
    assert abs(terms["anchor"] - 0.01) < 1e-3
    assert abs(terms["drift"] * PATCH[0] * PATCH[1] - 0.01) < 2e-3 and terms["bias"] < 1e-3


def test_a_change_of_loud_bands_alone_is_a_bias():
    target = bands()
    loud = target > target.amax((1, 2), keepdim=True) - 1.5
    terms = anchor_terms(target + 0.1 * loud, target, target)
    assert terms["bias"] > 0.5 * terms["anchor"] > 0


def test_what_is_learnt_follows_the_options():
    names = ("e1.0.a.weight", "out.weight", "p2.0.a.weight", "head.bias")
    by_options = {
        Options(): [True, True, True, True],
        Options(only_decoder=True): [False, True, True, True],
        Options(only_decoder=True, only_fine=True): [False, False, True, True],
    }
    for options, wanted in by_options.items():
        assert [is_learnt(name, options) for name in names] == wanted
