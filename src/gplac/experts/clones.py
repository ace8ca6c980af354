"""Behaviour clones without pictures: the ceiling (told where the object is) and the blind floor (told nothing).

No policy that must find the object in a picture can be expected above the ceiling, and one that does not beat the
floor ignores its picture.
"""

import numpy as np
import numpy.typing as npt
import torch

from gplac.seeding import rng, seed_of

Floats = npt.NDArray[np.float32]
HIDDEN, BATCH, LEARNING_RATE = 400, 256, 1e-3


class Clone:
    """A policy head of the paper's size on robot state, with or without the object's true position.

    Args:
        with_object: whether it is told the object's position (m).
        states: robot states ``(N, S)`` of the demonstrations.
        object_xy: object positions ``(N, 2)``.
        actions: actions ``(N, A)``.
        steps: optimiser steps.
        seed: of weights and batches.
    """

    def __init__(
        self,
        with_object: bool,
        states: Floats,
        object_xy: Floats,
        actions: Floats,
        steps: int = 6000,
        seed: int = 0,
    ) -> None:
        self.with_object = with_object
        inputs = self._join(states, object_xy)
        self._mean, self._std = inputs.mean(0), inputs.std(0) + 1e-6
        self._action_mean, self._action_std = actions.mean(0), actions.std(0) + 1e-6
        with torch.random.fork_rng():
            torch.manual_seed(seed_of("clone", seed) % 2**63)
            self._network = torch.nn.Sequential(
                torch.nn.Linear(inputs.shape[1], HIDDEN), torch.nn.ReLU(),
                torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, actions.shape[1]),
            )  # fmt: skip
        x = torch.from_numpy((inputs - self._mean) / self._std)
        y = torch.from_numpy((actions - self._action_mean) / self._action_std)
        optimiser = torch.optim.Adam(self._network.parameters(), LEARNING_RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        batches = rng("clone batches", seed)
        for _ in range(steps):
            rows = torch.from_numpy(batches.integers(len(x), size=BATCH))
            loss = torch.nn.functional.mse_loss(self._network(x[rows]), y[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()

    batch = BATCH

    @property
    def parameters(self) -> int:
        """Numbers in the network."""
        return sum(p.numel() for p in self._network.parameters())

    def __call__(self, states: Floats, object_xy: Floats) -> Floats:
        """Actions ``(n, A)`` for robot states ``(n, S)`` and object positions ``(n, 2)``."""
        inputs = torch.from_numpy((self._join(states, object_xy) - self._mean) / self._std)
        with torch.no_grad():
            return np.asarray(
                self._network(inputs).numpy() * self._action_std + self._action_mean, np.float32
            )

    def _join(self, states: Floats, object_xy: Floats) -> Floats:
        return np.concatenate([states, object_xy] if self.with_object else [states], axis=1).astype(
            np.float32
        )
