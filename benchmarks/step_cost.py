"""What a control step spends its time on, and whether any of MuJoCo's switches saves some without changing physics.

    python benchmarks/step_cost.py

Prints microseconds of processor time, the least of several episodes, and writes results/step_cost/<hardware>.json.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from run import machine

from gplac.cli import mistakes_told
from gplac.files import require_writable, write_atomically
from gplac.provenance import provenance
from gplac.worlds.registry import TASKS
from gplac.worlds.vector import VectorTask

SIMULATIONS, EPISODES, TURNS = 64, 20, 5
SWITCHES = (
    "MIDPHASE",
    "ISLAND",
    "SENSOR",
    "EQUALITY",
    "FRICTIONLOSS",
    "SPRING",
    "GRAVITY",
    "AUTORESET",
    "CONTACT",
)


def parts(name: str) -> dict[str, float]:
    """Whole control steps, and the same with less and less of what is around MuJoCo's own stepping."""
    task: Any = TASKS[name]()
    vector, generator = VectorTask(task, SIMULATIONS), np.random.default_rng(0)
    states = [task.reset(generator) for _ in range(SIMULATIONS)]
    qpos, qvel = (np.stack(each) for each in zip(*states, strict=True))
    limit = task.action_limit
    actions = generator.uniform(-limit, limit, (task.episode_steps, SIMULATIONS, task.action_size))

    def whole(action: np.ndarray) -> None:
        vector.step(action)
        vector.full_state()
        vector.reward(action)

    def bare(action: np.ndarray) -> None:
        vector._ctrl[:] = action
        vector._batch.step(nstep=task.substeps, stage=mujoco.mjtStage.mjSTAGE_NONE)

    def least(step: Callable[[np.ndarray], None]) -> float:
        found = []
        for _ in range(TURNS):
            vector.set_state(qpos, qvel)
            start = time.process_time()
            for action in actions:
                step(action)
            found.append(time.process_time() - start)
        return 1e6 * min(found) / (len(actions) * SIMULATIONS)

    return {
        "control step with observation and reward": least(whole),
        "without observation and reward": least(vector.step),
        f"MuJoCo's {task.substeps} physics steps alone": least(bare),
    }


def switches(name: str) -> dict[str, tuple[float, float]]:
    """MuJoCo's physics steps of a control step with one of its switches off: microseconds, and the largest difference
    of positions and velocities after an episode."""
    task: Any = TASKS[name]()
    generator = np.random.default_rng(0)
    states = [task.reset(generator) for _ in range(EPISODES)]
    limit = task.action_limit
    actions = generator.uniform(-limit, limit, (EPISODES, task.episode_steps, task.action_size))
    models = {"as it is": task.physics().compile()}
    for switch in SWITCHES:
        spec = task.physics()
        spec.option.disableflags |= int(getattr(mujoco.mjtDisableBit, f"mjDSBL_{switch}"))
        models[f"without {switch.lower()}"] = spec.compile()
    spec = task.physics()
    spec.option.jacobian = mujoco.mjtJacobian.mjJAC_SPARSE
    models["sparse Jacobians"] = spec.compile()
    seconds = dict.fromkeys(models, np.inf)
    ends: dict[str, np.ndarray] = {}
    # Turns, so that whatever else the machine does befalls all.
    for _ in range(TURNS):
        for which, model in models.items():
            data, total, reached = mujoco.MjData(model), 0.0, []
            for (qpos, qvel), episode in zip(states, actions, strict=True):
                mujoco.mj_resetData(model, data)
                data.qpos[:], data.qvel[:] = qpos, qvel
                start = time.process_time()
                for action in episode:
                    data.ctrl[:] = action
                    mujoco.mj_step(model, data, task.substeps)
                total += time.process_time() - start
                reached.append(np.concatenate([data.qpos, data.qvel]))
            seconds[which] = min(seconds[which], total)
            ends[which] = np.stack(reached)
    return {
        which: (
            1e6 * seconds[which] / actions.shape[0] / actions.shape[1],
            float(np.abs(ends[which] - ends["as it is"]).max()),
        )
        for which in models
    }


def main() -> None:
    """Measure pusher and striker, print, write."""
    out = Path("results/step_cost") / f"{machine()}.json"
    require_writable(out)
    tasks: dict[str, dict[str, Any]] = {}
    for name in ("pusher", "striker"):
        print(name)
        around, variants = parts(name), switches(name)
        for part, microseconds in around.items():
            print(f"  {part}: {microseconds:.1f} us")
        for which, (microseconds, difference) in variants.items():
            same = "the same bits" if difference == 0.0 else f"differs by up to {difference:.0e}"
            print(f"  physics steps, {which}: {microseconds:.1f} us, {same}")
        tasks[name] = {
            "control_step_us": around,
            "physics_steps_us": {which: microseconds for which, (microseconds, _) in variants.items()},
            "largest_difference": {which: difference for which, (_, difference) in variants.items()},
        }
    write_atomically(
        out, (json.dumps({"tasks": tasks, "provenance": provenance()}, indent=1) + "\n").encode()
    )
    print(f"Written to {out}.")


if __name__ == "__main__":
    with mistakes_told("step_cost"):
        main()
