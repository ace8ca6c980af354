"""The losses of Table 1's other methods against plain transcriptions of their formulas."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gplac.config import NetworkConfig
from gplac.models.network import Network
from gplac.objectives.domain_confusion import DomainConfusion, reversal_strength
from gplac.objectives.objective import Context, Labelled, Objective, Positions, Video, Weak
from gplac.objectives.pose import PoseRegression
from gplac.objectives.reconstruction import Decoder, Reconstruction, small_grey
from gplac.objectives.slowness import Slowness
from gplac.training.learner import Learner

HEIGHT, WIDTH = 12, 16


def learner(*objectives: Objective) -> Learner:
    torch.manual_seed(0)
    config = NetworkConfig(policy_dropout=0, classifier_dropout=0, hidden=(20, 10))
    return Learner(Network(config, HEIGHT, WIDTH, state_size=5, action_size=3), objectives).eval()


def pictures(*counts: int) -> Tensor:
    return torch.randint(0, 256, (*counts, HEIGHT, WIDTH, 3), dtype=torch.uint8)


def context(model: Learner, **changes: object) -> Context:
    empty = Context(model.network, 0.0, None, None, None, None, None, {})
    return replace(empty, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("progress", [0.0, 0.1, 0.5, 0.99])
def test_the_strength_of_the_reversal_is_ganin_and_lempitskys(progress: float) -> None:
    assert reversal_strength(progress) == pytest.approx(math.tanh(5 * progress), abs=1e-12)


@pytest.mark.parametrize("progress", [0.05, 0.7])
def test_features_ascend_on_what_the_classifier_of_domains_descends_on(progress: float) -> None:
    objective = DomainConfusion()
    model = learner(objective)
    labelled, weak = (torch.randn(count, 32, requires_grad=True) for count in (3, 5))
    head = nn.Linear(32, 1)
    given = context(
        model,
        progress=progress,
        labelled=Labelled(pictures(3), torch.zeros(3, 5), torch.zeros(3, 3), labelled),
        weak=Weak(pictures(5), torch.ones(5), weak),
        head=head,
    )
    loss = objective.loss(given)
    loss.backward()

    features = torch.cat((labelled, weak)).detach().numpy().astype(float)
    domain = np.array([1.0] * 3 + [0.0] * 5)
    w, b = head.weight.detach().numpy()[0].astype(float), float(head.bias.detach())
    q = 1 / (1 + np.exp(-(features @ w + b)))
    assert loss.item() == pytest.approx(-np.mean(domain * np.log(q) + (1 - domain) * np.log(1 - q)), rel=1e-5)
    assert float(given.metrics["domain_accuracy"]) == np.mean((q > 0.5) == domain)
    down = (q - domain) / 8
    assert head.weight.grad.numpy()[0] == pytest.approx(down @ features, rel=1e-4, abs=1e-6)
    assert head.bias.grad.item() == pytest.approx(down.sum(), rel=1e-4, abs=1e-6)
    reversed_gradient = -math.tanh(5 * progress) * down[:, None] * w
    found = torch.cat((labelled.grad, weak.grad)).numpy()
    assert found == pytest.approx(reversed_gradient, rel=1e-4, abs=1e-7)


def test_the_encoder_meets_the_reversed_gradient() -> None:
    objective = DomainConfusion(weight=1.0)
    model = learner(objective)
    labelled = (pictures(4), torch.randn(4, 5), torch.randn(4, 3))
    weak = (pictures(4), torch.tensor([1.0, 1.0, 0.0, 0.0]))
    weight, gradients = model.network.encoder.layers[-1].weight, []
    for progress in (0.1, 0.3):
        model.zero_grad()
        model.loss((objective,), labelled, weak, progress)[0].backward()
        gradients.append(weight.grad.clone())
    ratio = math.tanh(1.5) / math.tanh(0.5)
    assert torch.allclose(gradients[1], gradients[0] * ratio, rtol=1e-3, atol=1e-9)
    step = 1e-3 / gradients[1].norm()
    before = model.loss((objective,), labelled, weak, 0.3)[0].item()
    with torch.no_grad():
        weight -= step * gradients[1]
    assert model.loss((objective,), labelled, weak, 0.3)[0].item() > before


def test_no_point_is_hidden_from_the_classifier_of_domains() -> None:
    torch.manual_seed(0)
    objective = DomainConfusion(weight=1.0)
    config = NetworkConfig(policy_dropout=0.9, classifier_dropout=0.9, hidden=(20, 10))
    model = Learner(Network(config, HEIGHT, WIDTH, state_size=5, action_size=3), (objective,)).train()
    features = torch.rand(50, 32) - 0.5
    head, classifier = model.heads["domain"], model.network.classifier_head
    assert head(features).equal(head(features))
    assert classifier is not None and not classifier(features).equal(classifier(features))


@pytest.mark.parametrize("size", [(12, 16, 3, 4), (175, 200, 44, 50), (7, 9, 2, 2)])
def test_the_small_grey_picture_is_a_mean_over_areas(size: tuple[int, int, int, int]) -> None:
    height, width, rows, columns = size
    images = np.random.default_rng(0).integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    grey = images.astype(float) @ [0.299, 0.587, 0.114] / 255
    expected = np.zeros((2, rows, columns))
    for i in range(rows):
        for j in range(columns):
            top, bottom = i * height // rows, -(-(i + 1) * height // rows)
            left, right = j * width // columns, -(-(j + 1) * width // columns)
            expected[:, i, j] = grey[:, top:bottom, left:right].mean(axis=(1, 2))
    found = small_grey(torch.from_numpy(images), rows, columns).numpy()
    assert found == pytest.approx(expected.reshape(2, -1), abs=1e-5)


def test_reconstruction_is_a_squared_norm_over_weak_images_and_video() -> None:
    objectives = (Reconstruction(weight=2.0), Slowness(weight=3.0))
    model = learner(*objectives)
    weak, video = pictures(4), pictures(2, 3)
    decoder = model.heads["reconstruction"]
    assert isinstance(decoder, Decoder) and (decoder.height, decoder.width) == (3, 4)
    with torch.no_grad():
        decoder.layer.weight *= 100  # a fresh encoder's features are so alike that others' would do as well
    total, metrics = model.loss(objectives, None, (weak, torch.ones(4)), 0.0, video)

    matrix, bias = (tensor.detach().numpy().astype(float) for tensor in decoder.layer.parameters())
    losses = []
    for image in torch.cat((weak, video.flatten(0, 1))):
        features = model.network.encode(image[None]).detach().numpy()[0].astype(float)
        grey = image.numpy().astype(float) @ [0.299, 0.587, 0.114] / 255
        wanted = np.array(
            [grey[4 * i : 4 * i + 4, 4 * j : 4 * j + 4].mean() for i in range(3) for j in range(4)]
        )
        losses.append(np.sum((wanted - matrix @ features - bias) ** 2))
    steady = []
    for frames in video:
        f = model.network.encode(frames).detach().numpy().astype(float)
        steady.append(np.sum((f[2] - 2 * f[1] + f[0]) ** 2))
    assert float(metrics["reconstruction_loss"]) == pytest.approx(np.mean(losses), rel=1e-4)
    assert float(metrics["slowness_loss"]) == pytest.approx(np.mean(steady), rel=1e-3)
    assert total.item() == pytest.approx(2 * np.mean(losses) + 3 * np.mean(steady), rel=1e-4)


def test_reconstruction_draws_each_picture_from_its_own_features() -> None:
    """Features that differ clearly: those of a fresh encoder are so alike that another picture's would do as well."""
    objective = Reconstruction()
    model = learner(objective)
    decoder = model.heads["reconstruction"]
    assert isinstance(decoder, Decoder)
    weak, video = (
        Weak(pictures(4), torch.ones(4), torch.randn(4, 32)),
        Video(pictures(2, 3), torch.randn(2, 3, 32)),
    )
    matrix, bias = (tensor.detach().numpy().astype(float) for tensor in decoder.layer.parameters())
    images = torch.cat((weak.images_BHW3, video.images_BTHW3.flatten(0, 1)))
    wanted = small_grey(images, decoder.height, decoder.width).numpy().astype(float)
    features = torch.cat((weak.features_BF, video.features_BTF.flatten(0, 1))).numpy().astype(float)
    drawn = features @ matrix.T + bias

    def error(order: list[int]) -> float:
        return float(np.mean(np.sum((wanted[order] - drawn) ** 2, axis=1)))

    right = error([*range(10)])
    for wrong in ([3, 2, 1, 0, *range(4, 10)], [0, 1, 2, 3, *range(9, 3, -1)], [*range(4, 10), *range(4)]):
        assert error(wrong) != pytest.approx(right, rel=1e-3)
    found = objective.loss(context(model, weak=weak, video=video, head=decoder))
    assert found.item() == pytest.approx(right, rel=1e-4)


@pytest.mark.parametrize(
    ("path", "cost"),
    [
        ([0.0, 0.1, 0.2], 0.0),  # one velocity
        ([0.3, 0.3, 0.3], 0.0),  # at rest
        ([0.0, 0.1, 0.4], 0.04),  # from 0.1 to 0.3 a frame
        ([0.0, 0.5, 0.0], 1.0),  # to and fro
    ],
)
def test_slowness_costs_changes_of_velocity(path: list[float], cost: float) -> None:
    moving = torch.zeros(2, 3, 4)
    moving[0, :, 1] = torch.tensor(path)  # the other sequence, and the other coordinates, stand still
    given = context(learner(), video=Video(pictures(2, 3), moving))
    assert Slowness().loss(given).item() == pytest.approx(cost / 2, abs=1e-6)


def test_pose_is_the_mean_squared_error_of_the_position_half_of_it_from_weak_images() -> None:
    objective = PoseRegression()
    model = learner(objective)
    images, photographs = pictures(6), pictures(5)
    wanted, weak_wanted = torch.randn(6, 2), torch.randn(5, 2)
    labelled = (images, torch.randn(6, 5), torch.randn(6, 3))
    shown = torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0])
    given = Positions(wanted, weak_wanted)
    total, metrics = model.loss((objective,), labelled, (photographs, shown), 0.0, None, given)

    values = model.network.encode(torch.cat((images, photographs))).detach().numpy().astype(float)
    tensors = [tensor.detach().numpy().astype(float) for tensor in model.heads["pose"].parameters()]
    for matrix, bias in zip(tensors[::2], tensors[1::2], strict=True):
        values = values @ matrix.T + bias
        values = np.maximum(values, 0) if len(bias) > 2 else values
    assert values.shape == (11, 2)
    demonstrated = np.mean((values[:6] - wanted.numpy()) ** 2)
    seen = [6, 8, 9]  # where it is left out, no position is learned
    expected = (demonstrated + np.mean((values[seen] - weak_wanted.numpy()[[0, 2, 3]]) ** 2)) / 2
    assert total.item() == float(metrics["pose_loss"]) == pytest.approx(expected, rel=1e-4)
