"""Stepping and drawing the pusher, beside Gymnasium's Pusher-v5."""

import os
import time
from functools import partial

from contest import Case, Run

CORES = os.cpu_count() or 1
SIMULATIONS = 64
WIDTH, HEIGHT = 200, 175


def our_steps(name: str, threads: int) -> Run:
    """Control steps of `VectorTask`, each with observation and reward, as Gymnasium's have them."""
    import numpy as np

    from gplac.worlds.pusher import Pusher
    from gplac.worlds.vector import VectorTask

    task = Pusher()
    vector = VectorTask(task, SIMULATIONS, threads)
    generator = np.random.default_rng(0)

    def run(seconds: float) -> dict[str, float]:
        start, steps = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            states = [task.reset(generator) for _ in range(SIMULATIONS)]
            vector.set_state(np.stack([q for q, _ in states]), np.stack([v for _, v in states]))
            for _ in range(task.episode_steps):
                actions = generator.uniform(-2.0, 2.0, (SIMULATIONS, 7))
                vector.step(actions)
                vector.full_state()
                vector.reward(actions)
                steps += SIMULATIONS
        return {name: steps / elapsed}

    return run


def gymnasium_steps(name: str) -> Run:
    """Control steps of Gymnasium's environment."""
    import gymnasium
    import numpy as np

    env = gymnasium.make("Pusher-v5")
    generator = np.random.default_rng(0)

    def run(seconds: float) -> dict[str, float]:
        start, steps = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            env.reset(seed=steps)
            done = False
            while not done:
                _, _, terminated, truncated, _ = env.step(generator.uniform(-2.0, 2.0, 7))
                done = terminated or truncated
                steps += 1
        return {name: steps / elapsed}

    return run


def our_frames() -> Run:
    """A control step and the policy's view of a test scene: table, room, mug, distractors, lights with shadows."""
    import numpy as np

    from gplac.worlds.pusher import Pusher
    from gplac.worlds.render import SceneRenderer
    from gplac.worlds.splits import scene
    from gplac.worlds.vector import VectorTask

    task = Pusher()
    vector = VectorTask(task, 1)
    renderer = SceneRenderer(task, scene("pusher", "test", 0), WIDTH, HEIGHT)
    generator = np.random.default_rng(0)

    def run(seconds: float) -> dict[str, float]:
        start, frames = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            if frames % task.episode_steps == 0:
                qpos, qvel = task.reset(generator)
                vector.set_state(qpos[None], qvel[None])
            vector.step(generator.uniform(-2.0, 2.0, (1, 7)))
            renderer.frame(vector.qpos[0])
            frames += 1
        return {"step and render": frames / elapsed}

    return run


def gymnasium_frames() -> Run:
    """A control step and a picture of the same size from Gymnasium's environment."""
    # Gymnasium leaves the choice to the user; EGL is what gplac finds first, too.
    os.environ.setdefault("MUJOCO_GL", "egl")
    import gymnasium
    import numpy as np

    env = gymnasium.make("Pusher-v5", render_mode="rgb_array", width=WIDTH, height=HEIGHT)
    generator = np.random.default_rng(0)

    def run(seconds: float) -> dict[str, float]:
        start, frames, done = time.perf_counter(), 0, True
        while (elapsed := time.perf_counter() - start) < seconds:
            if done:
                env.reset(seed=frames)
            _, _, terminated, truncated, _ = env.step(generator.uniform(-2.0, 2.0, 7))
            done = terminated or truncated
            env.render()
            frames += 1
        return {"step and render": frames / elapsed}

    return run


def _steps(name: str, cores: int) -> Case:
    return Case(
        {name: "steps/s"},
        "Gymnasium Pusher-v5",
        partial(our_steps, name, cores),
        partial(gymnasium_steps, name),
        cores,
    )


STEPS = _steps("control steps, one thread", 1)
ALL_STEPS = _steps("control steps, every core", CORES)
FRAMES = Case(
    {"step and render": "frames/s"}, "Gymnasium Pusher-v5, rgb_array 200x175", our_frames, gymnasium_frames
)
