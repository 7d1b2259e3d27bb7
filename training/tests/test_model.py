import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from conftest import voice
from export import load_model
from model import Compact, Config


@pytest.fixture
def model(toy: Config) -> Compact:
    model = Compact(toy)
    model.codebooks.normal_()
    return model.eval()


def test_appending_audio_changes_no_earlier_code(model: Compact):
    pcm = voice(0.8, 150)
    np.testing.assert_array_equal(model.encode(pcm)[:4], model.encode(pcm[: 4 * 1920]))


def test_decoding_is_causal(model: Compact):
    codes = torch.randint(16, (6, 3))
    torch.testing.assert_close(model.decode_bands(codes)[:32], model.decode_bands(codes[:4]))


def test_a_part_of_a_frame_is_filled_up(model: Compact):
    assert model.encode(np.zeros(1921, np.float32)).shape == (2, 3)
    assert model.decode(torch.zeros(2, 3, dtype=torch.long)).shape == (3840,)


def test_fewer_layers_are_a_prefix_of_the_sum(model: Compact):
    codes = torch.randint(16, (5, 3))
    torch.testing.assert_close(model.dequantize(codes, 2), model.dequantize(codes[:, :2]))


def test_latents_have_zero_mean_and_unit_variance(model: Compact):
    latent = model.encode_latent(torch.randn(2, 24, 128))
    torch.testing.assert_close(latent.mean(-1), torch.zeros(2, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(latent.var(-1, unbiased=False), torch.ones(2, 3), atol=1e-3, rtol=0)


def test_the_shipped_weights_give_the_golden_stages(package):
    golden, model = load_file(package / "golden.safetensors"), load_model(package)
    bands = model.bands(golden["pcm"] / np.float32(32768))
    with torch.no_grad():
        latent = model.encode_latent(bands[None])[0]
    np.testing.assert_allclose(bands, golden["bands"], atol=1e-4)
    np.testing.assert_allclose(latent, golden["latent"], atol=1e-4)
    np.testing.assert_array_equal(model.quantize(latent), golden["codes"])
    codes = torch.from_numpy(golden["codes"].astype(np.int64))
    np.testing.assert_allclose(model.decode_bands(codes), golden["decoded_bands"], atol=1e-4)
    np.testing.assert_allclose(model.decode_bands(codes, 4), golden["decoded_bands_first_4_layers"], atol=1e-4)
    for suffix, layers in (("", None), ("_first_4_layers", 4)):
        np.testing.assert_array_equal(model.decode_priority(codes, layers), golden["priority" + suffix])
    drawn = torch.from_numpy(golden["drawn_codes"].astype(np.int64))
    np.testing.assert_array_equal(model.decode_priority(drawn), golden["drawn_priority"])


def test_a_priority_knows_this_frame_and_the_one_before(model: Compact):
    codes = torch.randint(16, (6, 3))
    whole = model.decode_priority(codes)
    assert whole.shape == (48, 128)
    torch.testing.assert_close(model.decode_priority(codes[2:])[8:], whole[24:])
    torch.testing.assert_close(model.decode_priority(codes[:3]), whole[:24])
    assert not torch.equal(model.decode_priority(codes[2:])[:8], whole[16:24])
