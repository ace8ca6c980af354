import pytest
import torch
from torch import nn

from gplac.config import NetworkConfig
from gplac.errors import UserError
from gplac.models.dropout import PointDropout
from gplac.models.encoders import Encoder, vgg16_first_layer
from gplac.models.network import Network
from gplac.models.registry import ENCODERS


def network(
    height: int = 28, width: int = 32, config: NetworkConfig | None = None, **changes: object
) -> Network:
    return Network(config or NetworkConfig(), height, width, state_size=17, action_size=7, **changes)


def images(count: int, height: int = 28, width: int = 32) -> torch.Tensor:
    return torch.randint(0, 256, (count, height, width, 3), dtype=torch.uint8)


@pytest.mark.parametrize(("height", "width"), [(175, 200), (88, 100), (56, 64), (240, 320)])
@pytest.mark.parametrize(("encoder", "stride"), [("attention", 2), ("conv", 4)])
def test_maps_shrink_by_the_first_stride_alone(encoder: str, stride: int, height: int, width: int) -> None:
    net = network(height, width, encoder=encoder).eval()
    map_BCHW = net.encoder.map(images(1, height, width))
    assert map_BCHW.shape == (1, 16, -(-height // stride), -(-width // stride))
    assert map_BCHW.min() >= 0
    features = 32 if encoder == "attention" else map_BCHW.numel()
    assert net.encode(images(1, height, width)).shape == (1, features)
    assert net.act(images(1, height, width), torch.zeros(1, 17)).shape == (1, 7)


def test_convolutions_are_the_appendix_s() -> None:
    convolutions = [m for m in network().modules() if isinstance(m, nn.Conv2d)]
    assert [c.out_channels for c in convolutions] == [64, 64, 32, 32, 16]
    assert [c.stride[0] for c in convolutions] == [2, 1, 1, 1, 1]
    assert {c.kernel_size for c in convolutions} == {(3, 3)}


@pytest.mark.parametrize(("norm_last", "channels"), [(False, [64, 32, 32]), (True, [64, 32, 32, 16])])
def test_batch_norm_is_between_convolutions(norm_last: bool, channels: list[int]) -> None:
    net = network(config=NetworkConfig(norm_last=norm_last))
    assert [m.num_features for m in net.modules() if isinstance(m, nn.BatchNorm2d)] == channels


def test_first_layer_is_frozen_unless_asked_for() -> None:
    frozen, trained = network(), network(config=NetworkConfig(first_layer="trained"))
    for net in (frozen, trained):
        net.act(images(2), torch.zeros(2, 17)).sum().backward()
    assert not any(p.requires_grad for p in frozen.encoder.first.parameters())
    assert trained.encoder.first.conv.weight.grad is not None
    weight, _ = vgg16_first_layer()
    scale = trained.encoder.first.conv.weight / weight
    assert scale.min().item() == pytest.approx(scale.max().item(), rel=1e-4)


def test_only_training_drops_points() -> None:
    net = network()
    features, state = torch.randn(1, 32), torch.zeros(1, 17)
    for head in (lambda: net.policy(features, state), lambda: net.classify(features)):
        net.train()
        assert not torch.equal(head(), head())
        net.eval()
        assert torch.equal(head(), head())


@pytest.mark.parametrize(("encoder", "kind"), [("attention", PointDropout), ("conv", nn.Dropout)])
def test_each_head_drops_with_a_rate_of_its_own(encoder: str, kind: type[nn.Module]) -> None:
    network = Network(NetworkConfig(policy_dropout=0.1, classifier_dropout=0.6), 32, 40, 17, 7, encoder)
    assert network.classifier_head is not None
    heads = network.policy_head, network.classifier_head, network.new_head(2), network.new_head(1, 0.0)
    assert [head.dropout.p for head in heads] == [0.1, 0.6, 0.6, 0.0]
    assert {type(head.dropout) for head in heads} == {kind}


def test_state_is_never_dropped() -> None:
    net = network(config=NetworkConfig(policy_dropout=1.0)).train()
    features = torch.randn(1, 32)
    before, after = net.policy(features, torch.zeros(1, 17)), net.policy(features, torch.ones(1, 17))
    assert torch.equal(net.policy(torch.zeros(1, 32), torch.zeros(1, 17)), before)
    assert not torch.equal(before, after)


def test_actions_leave_in_the_robot_s_units_and_constants_do_not_divide_by_zero() -> None:
    net = network().eval()
    states = torch.randn(100, 17)
    states[:, 3] = 0.25
    actions = torch.randn(100, 7) * 0.1 + 2
    net.set_statistics(states, actions)
    found = net.act(images(3), states[:3])
    normalised = net.policy(net.encode(images(3)), states[:3])
    assert found.isfinite().all() and normalised.isfinite().all()
    assert (found - actions.mean(0)).abs().max() < 1
    assert net.normalise_action(actions).std(0, correction=0).tolist() == pytest.approx([1] * 7, abs=1e-4)


def test_methods_with_and_without_classifier_start_alike() -> None:
    nets = []
    for classifier in (False, True):
        torch.manual_seed(0)
        nets.append(network(classifier=classifier).state_dict())
    assert all(torch.equal(value, nets[1][name]) for name, value in nets[0].items())
    assert len(nets[1]) > len(nets[0])


def test_what_a_network_lacks_it_says() -> None:
    with pytest.raises(TypeError, match="classifier"):
        network(classifier=False).classify(torch.zeros(1, 32))
    with pytest.raises(TypeError, match="feature points"):
        network(encoder="conv").points(images(1))
    with pytest.raises(UserError, match="64 filters"):
        network(config=NetworkConfig(channels=(32, 16)))
    with pytest.raises(UserError, match="no encoder is called 'atention': choose one of attention, conv"):
        network(encoder="atention")


def test_an_encoder_of_ones_own_is_a_class_and_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mean(Encoder):
        """Each map's mean, and dropout that it may miss."""

        def __init__(self, config: NetworkConfig, height: int, width: int) -> None:
            super().__init__(config, height, width, stride=2)
            self.feature_size = config.channels[-1]

        def forward(self, images_BHW3: torch.Tensor) -> torch.Tensor:
            return self.map(images_BHW3).mean(dim=(2, 3))

    monkeypatch.setitem(ENCODERS, "mean", Mean)
    own = network(encoder="mean")
    assert own.encode(images(3)).shape == (3, 16)
    assert own.act(images(3), torch.zeros(3, 17)).shape == (3, 7)
    assert type(own.policy_head.dropout) is nn.Dropout


@pytest.mark.parametrize(("encoder", "exact"), [("attention", True), ("conv", False)])
def test_under_autocast_only_convolutions_and_flattened_maps_are_half(encoder: str, exact: bool) -> None:
    net = network(encoder=encoder).eval()
    with torch.autocast("cpu", torch.bfloat16):
        assert net.encoder.map(images(2)).dtype == torch.bfloat16
        action, logit = (
            net.policy(net.encode(images(2)), torch.zeros(2, 17)),
            net.classify(net.encode(images(2))),
        )
        assert net.act(images(2), torch.zeros(2, 17)).dtype == torch.float32
    assert (action.dtype == torch.float32) == (logit.dtype == torch.float32) == exact


def test_the_temperature_is_that_of_the_settings() -> None:
    layer = network(config=NetworkConfig(temperature=0.25, learn_temperature=True)).encoder.attention
    assert layer.log_temperature.exp().item() == pytest.approx(0.25) and layer.log_temperature.requires_grad
