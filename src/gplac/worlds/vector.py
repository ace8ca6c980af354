"""Many simulations of a torque-controlled task at once, on MuJoCo's own batch stepping."""

from collections.abc import Sequence

import mujoco
import mujoco.batch
import numpy as np
import numpy.typing as npt

from gplac.trial import Decide
from gplac.worlds.arm import BAR_SITE, END_SITE, FORK_SITE, Floats, Hand
from gplac.worlds.task import TorqueTask


class VectorTask:
    """``n`` independent simulations of ``task``; see `gplac.worlds.task.Simulations`.

    Args:
        task: what to simulate.
        n: number of simulations.
        threads: threads that step them.
    """

    def __init__(self, task: TorqueTask, n: int, threads: int = 1) -> None:
        self.task = task
        self.n = n
        spec = task.physics()
        model = spec.compile()
        if not np.isclose(model.opt.timestep * task.substeps * task.control_hz, 1.0):
            raise ValueError(f"{task.name}: its {task.substeps} physics steps are not {task.control_hz} Hz")
        self._batch = mujoco.batch.Batch(model, n, nthread=threads)
        self._qpos, self._qvel, self._ctrl = (self._batch.bind(name) for name in ("qpos", "qvel", "ctrl"))
        self._sites = self._batch.bind("site_xpos")
        self._hand = [model.site(name).id for name in (FORK_SITE, BAR_SITE, END_SITE)]

    def set_state(self, qpos: Floats, qvel: Floats, ids: Sequence[int] | None = None) -> None:
        """Start simulations ``ids`` (default all) afresh from positions ``(len(ids), nq)`` and velocities."""
        # The reset clears what the solver remembers, so an episode does not depend on the one before it.
        self._batch.reset(ids=ids, stage=mujoco.mjtStage.mjSTAGE_NONE)
        chosen = slice(None) if ids is None else list(ids)
        self._qpos[chosen], self._qvel[chosen], self._ctrl[chosen] = qpos, qvel, 0.0
        self._batch.forward(ids=ids, stage=mujoco.mjtStage.mjSTAGE_POS)

    def step(self, actions: npt.ArrayLike) -> None:
        """One control step under torques ``(n, action_size)``, clipped to the task's limit."""
        self._ctrl[:] = np.clip(actions, -self.task.action_limit, self.task.action_limit)
        self._batch.step(nstep=self.task.substeps, stage=mujoco.mjtStage.mjSTAGE_POS)

    def act(self, policy: Decide, frames: npt.NDArray[np.uint8]) -> None:
        """One control step, which a policy decides from ``frames (n, H, W, 3)``, what the cameras see."""
        self.step(policy(frames, self.robot_state()))

    @property
    def qpos(self) -> Floats:
        """Positions ``(n, nq)``, a copy."""
        return np.array(self._qpos)

    @property
    def qvel(self) -> Floats:
        """Velocities ``(n, nv)``, a copy."""
        return np.array(self._qvel)

    @property
    def hand(self) -> Hand:
        """Where the hands ``(n, 3)`` are, a copy."""
        return Hand(*(self._sites[:, site].copy() for site in self._hand))

    def robot_state(self) -> npt.NDArray[np.float32]:
        """What a policy may know besides the picture, ``(n, state_size)``."""
        return self.task.robot_state(self._qpos, self._qvel, self.hand).astype(np.float32)

    def full_state(self, error_m: Floats | None = None) -> npt.NDArray[np.float32]:
        """What only the expert may know, ``(n, k)``; ``error_m (n, 2)`` is how far beside its place in the plane the
        object of interest seems to be."""
        seen = self._qpos
        if error_m is not None:
            seen = self.task.with_object(seen, self.task.object_xy(seen) + error_m)
        return self.task.full_state(seen, self._qvel, self.hand).astype(np.float32)

    def reward(self, actions: Floats) -> Floats:
        """The expert's reward ``(n,)`` for the present state, reached by ``actions``."""
        return self.task.reward(self._qpos, self._qvel, self.hand, actions)

    def distance(self) -> Floats:
        """Distance ``(n,)`` in metres that success is judged by."""
        return self.task.distance(self._qpos)
