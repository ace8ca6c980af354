"""Each objective against a plain transcription of its formula."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from gplac.config import NetworkConfig
from gplac.methods import Method
from gplac.models.network import Network
from gplac.objectives.action import Action
from gplac.objectives.classification import Classification
from gplac.objectives.objective import Context
from gplac.training.learner import Learner

CONFIG = NetworkConfig(policy_dropout=0, classifier_dropout=0, hidden=(20, 10))


def learner(method: Method) -> Learner:
    torch.manual_seed(0)
    network = Network(CONFIG, 12, 16, state_size=5, action_size=3)
    network.set_statistics(torch.randn(50, 5) * 3 + 1, torch.randn(50, 3) * 0.2 - 4)
    return Learner(network, method.objectives).eval()


def batch(count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    images = torch.randint(0, 256, (count, 12, 16, 3), dtype=torch.uint8)
    return images, torch.randn(count, 5), torch.randn(count, 3)


def mlp(network: Network, head: str, inputs: np.ndarray) -> np.ndarray:
    tensors = {name: value.numpy().astype(float) for name, value in network.state_dict().items()}
    for i, layer in enumerate((0, 2, 4)):
        inputs = inputs @ tensors[f"{head}.layers.{layer}.weight"].T + tensors[f"{head}.layers.{layer}.bias"]
        inputs = np.maximum(inputs, 0) if i < 2 else inputs
    return inputs


def test_total_is_l_task_plus_lambda_times_cross_entropy() -> None:
    method = Method(
        "attention", labelled_scenes=1, objectives=(Action(), Classification(weight=0.7)), weak_scenes=40
    )
    model = learner(method)
    network = model.network
    images, states, actions = batch(6)
    weak, present = batch(4)[0], torch.tensor([1.0, 1.0, 0.0, 0.0])
    total, metrics = model.loss(method.objectives, (images, states, actions), (weak, present), progress=0)

    features = network.encode(images).detach().numpy().astype(float)
    state = (states.numpy() - network.state_mean_S.numpy()) / network.state_std_S.numpy()
    target = (actions.numpy() - network.action_mean_A.numpy()) / network.action_std_A.numpy()
    predicted = mlp(network, "policy_head", np.concatenate((features, state), axis=1))
    l_task = np.mean([np.mean((a - b) ** 2) for a, b in zip(target, predicted, strict=True)])

    probability = 1 / (
        1 + np.exp(-mlp(network, "classifier_head", network.encode(weak).detach().numpy())[:, 0])
    )
    y = present.numpy()
    l_ce = -np.mean(y * np.log(probability) + (1 - y) * np.log(1 - probability))

    assert float(metrics["action_loss"]) == pytest.approx(l_task, rel=1e-4)
    assert float(metrics["classification_loss"]) == pytest.approx(l_ce, rel=1e-4)
    assert float(metrics["classification_accuracy"]) == np.mean((probability > 0.5) == y)
    assert total.item() == pytest.approx(l_task + 0.7 * l_ce, rel=1e-4)


def test_what_a_term_of_ones_own_leaves_to_be_logged_keeps_no_graph_alive() -> None:
    @dataclass(frozen=True)
    class Noted(Action):
        def loss(self, context: Context) -> torch.Tensor:
            assert context.labelled is not None
            context.metrics["spread"] = context.labelled.features_BF.std()
            return super().loss(context)

    model = learner(Method("attention", labelled_scenes=1, objectives=(Noted(),)))
    total, metrics = model.loss((Noted(),), batch(4), None, progress=0)
    assert total.requires_grad and set(metrics) == {"action_loss", "spread"}
    assert not any(value.requires_grad for value in metrics.values())


def test_predicting_the_mean_action_costs_one() -> None:
    actions = torch.randn(4000, 3) * 5 + 2
    network = Network(CONFIG, 12, 16, state_size=5, action_size=3)
    network.set_statistics(torch.zeros(4000, 5), actions)
    assert float(network.normalise_action(actions).square().mean()) == pytest.approx(1, abs=1e-4)


def test_gradients_equal_finite_differences() -> None:
    method = Method(
        "attention", labelled_scenes=1, objectives=(Action(), Classification(weight=0.7)), weak_scenes=40
    )
    model = learner(method).double()
    labelled = tuple(t if t.dtype == torch.uint8 else t.double() for t in batch(2))
    weak = (batch(2)[0], torch.tensor([1.0, 0.0], dtype=torch.float64))

    def total() -> torch.Tensor:
        return model.loss(method.objectives, labelled, weak, progress=0)[0]

    total().backward()
    weight = model.network.encoder.layers[-1].weight
    step = 1e-6
    for index in [(0, 0, 1, 1), (7, 3, 0, 2), (15, 31, 2, 2)]:
        expected = 0.0
        for sign in (1, -1):
            with torch.no_grad():
                weight[index] += sign * step
            expected += sign * total().item() / (2 * step)
            with torch.no_grad():
                weight[index] -= sign * step
        assert weight.grad[index].item() == pytest.approx(expected, rel=1e-3, abs=1e-9)
