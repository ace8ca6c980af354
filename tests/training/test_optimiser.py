from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from gplac.config import TrainConfig
from gplac.training.optimiser import Average, adam, learning_rate, policy_dropout


def test_constant_schedule_is_the_papers() -> None:
    assert {learning_rate(step, TrainConfig()) for step in (0, 4_999, 49_999)} == {3e-4}


@pytest.mark.parametrize("steps", [6, 1_000, 50_000])
def test_cosine_climbs_and_falls_to_zero(steps: int) -> None:
    config = TrainConfig(steps=steps, schedule="cosine")
    rates = np.array([learning_rate(step, config) for step in range(steps + 1)])
    peak = rates.argmax()
    assert rates.max() == pytest.approx(3e-4)
    assert peak == min(500, steps // 50)
    assert (np.diff(rates[: peak + 1]) > 0).all() and (np.diff(rates[peak:]) < 0).all()
    assert rates[-1] == pytest.approx(0, abs=1e-12)


def test_policy_dropout_rises_when_the_policy_looks_and_ends_at_nought() -> None:
    config = replace(TrainConfig(), steps=1000, dropout_schedule="bump")
    rates = [policy_dropout(step, 0.4, config) for step in range(1000)]
    assert not any(rates[:200]) and max(rates) == rates[500] == rates[699] == pytest.approx(0.4)
    assert rates[350] == pytest.approx(0.2) and rates[850] == pytest.approx(0.2) and rates[-1] < 0.002
    assert {
        policy_dropout(step, 0.4, replace(config, dropout_schedule="constant")) for step in range(1000)
    } == {0.4}


def test_adam_equals_its_formula_and_decays_matrices_alone() -> None:
    config = TrainConfig(learning_rate=0.01, weight_decay=0.1)
    model = nn.Linear(2, 2).double()
    expected = {name: value.detach().clone() for name, value in model.named_parameters()}
    moments = dict.fromkeys(expected, (0.0, 0.0))
    optimiser = adam(model, config)
    for step in range(1, 4):
        model(torch.tensor([[1.0, 2.0]]).double()).square().sum().backward()
        for name, parameter in model.named_parameters():
            first = 0.9 * moments[name][0] + 0.1 * parameter.grad
            second = 0.999 * moments[name][1] + 0.001 * parameter.grad.square()
            moments[name] = (first, second)
            if parameter.ndim > 1:
                expected[name] = expected[name] * (1 - 0.01 * 0.1)
            rate = 0.01 / (1 - 0.9**step)
            expected[name] = expected[name] - rate * first / ((second / (1 - 0.999**step)).sqrt() + 1e-8)
        optimiser.step()
        optimiser.zero_grad()
    for name, parameter in model.named_parameters():
        assert torch.allclose(parameter, expected[name])


def test_average_follows_weights_and_batch_norm_statistics_together() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    average = Average(model, decay=0.5)
    expected = {name: value.detach().clone() for name, value in model.state_dict().items() if value.ndim}
    for step in range(30):
        model(torch.randn(8, 3) + step)
        with torch.no_grad():
            model[0].weight += 0.1
        average.update(step)
        decay = min(0.5, (1 + step) / (10 + step))
        expected = {n: decay * v + (1 - decay) * model.state_dict()[n] for n, v in expected.items()}
    assert set(average.values) == set(expected)
    for name, value in average.values.items():
        assert torch.allclose(value, expected[name], rtol=1e-4), name
    assert not torch.allclose(average.values["1.running_mean"], model[1].running_mean)


def test_average_starts_where_the_weights_go_not_where_they_began() -> None:
    model = nn.Linear(1, 1)
    average = Average(model, decay=replace(TrainConfig(), average_decay=0.9999).average_decay)
    with torch.no_grad():
        model.weight.fill_(100)
    for step in range(100):
        average.update(step)
    assert average.values["weight"].item() > 99
