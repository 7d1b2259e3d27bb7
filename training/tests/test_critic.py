import torch

from critic import Critic

CRITIC = (torch.zeros(128), torch.ones(128))


def rough(count: int = 8) -> torch.Tensor:
    return torch.randn(count, 32, 128)


def smooth(bands: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.avg_pool2d(bands[:, None], 3, 1, 1)[:, 0]


def test_it_learns_to_tell_smooth_patches_from_rough_ones():
    critic = Critic(*CRITIC)
    found = [critic.learn(smooth(rough()), rough()).item() for _ in range(60)]
    assert found[-1] < 0.1 < 0.5 < found[0]
    assert critic.terms(smooth(rough()), rough())["adversarial"] > 0.5
    assert critic.terms(rough(), rough())["adversarial"] < 0.2


def test_equal_bands_match_and_the_terms_have_gradients_for_the_decoder_alone():
    critic, target = Critic(*CRITIC), rough(2)
    assert critic.terms(target, target)["matching"] == 0
    decoded = smooth(target).requires_grad_()
    before = [w.clone() for w in critic.patches.parameters()]
    sum(critic.terms(decoded, target).values()).backward()
    assert decoded.grad.abs().sum() > 0
    critic.learn(decoded, target)
    assert any(not torch.equal(a, b) for a, b in zip(before, critic.patches.parameters(), strict=True))


def test_its_state_goes_on_where_it_was():
    first = Critic(*CRITIC)
    first.learn(smooth(rough()), rough())
    again = Critic(*CRITIC)
    again.load(first.state())
    bands = rough(1)
    torch.testing.assert_close(again.judge(bands)[0], first.judge(bands)[0])
