"""The paper's figures, ours: network (2), tasks (3, 4), feature points (5), training data (6, 7, 9 to 12), unseen
scenes (8)."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from gplac.config import preset
from gplac.data.draw import Look, close_renderer, is_present, weak_image
from gplac.data.episodes import roll_out
from gplac.errors import UserError
from gplac.experts.expert import load_expert
from gplac.models.network import Network
from gplac.reporting import pictures
from gplac.reporting.architecture import architecture
from gplac.reporting.pictures import GAP, Floats, Images, sheet
from gplac.reporting.themes import LIGHT, save_image
from gplac.runs import Run
from gplac.seeding import rng
from gplac.worlds.camera import Camera
from gplac.worlds.mug_push import MugPush
from gplac.worlds.registry import task as task_named
from gplac.worlds.render import SceneRenderer
from gplac.worlds.splits import scene, split_size

FIGURE_PRESET = "paper"
"""Pictures have the size, and demonstrations the noise, of this preset."""
SEED = 0
ASIDE = {
    "pusher": Camera((0.70, 1.45, 0.9), (0.33, -0.35, -0.22), 37.0),
    "striker": Camera((0.8, 2.25, 1.2), (0.36, 0.05, -0.27), 36.0),
}
"""From where figure 3 shows the robot at work."""
PUSHING = 52
"""Step of the pusher's first demonstration at which the robot is seen to push."""
UNSEEN = (2, 12, 26)
"""Test scenes that trajectories are shown in."""


def figures() -> dict[str, Callable[[], Image.Image]]:
    """What draws each figure, by its name, which tells whose it is in the paper."""
    return {
        "figure_2_network": network,
        "figure_3_pusher": partial(at_work, "pusher", PUSHING),
        "figure_3_striker": partial(at_work, "striker", 24),
        "figure_4_mug_push": pushes,
        "figure_6_mug_push": demonstrated_starts,
        "figure_7_mug_push": partial(weak, "mug_push", 4),
        "figure_8_mug_push": unseen_starts,
        "figure_9_pusher": partial(trajectories, "pusher"),
        "figure_10_pusher": partial(weak, "pusher", 6),
        "figure_11_striker": partial(trajectories, "striker"),
        "figure_12_striker": partial(weak, "striker", 6),
    }


def write_figures(out: Path, chosen: Sequence[str] = (), runs: Sequence[Path] = ()) -> list[Path]:
    """Draw all of them, or those chosen, into WebP files in ``out``, and return their paths.

    Args:
        out: folder to write to.
        chosen: names of figures; none: all.
        runs: of one task, for figure 5 of their policies, a row each.

    Raises:
        UserError: there is no figure of a name, this machine cannot draw, or what `feature_points` raises it for.
    """
    makers = figures()
    if runs:
        makers |= {f"figure_5_{Run.open(runs[0]).facts['task']}": partial(feature_points, runs)}
    for name in chosen:
        if name.startswith("figure_5") and not runs:
            raise UserError(
                "Figure 5 shows what trained policies look at: name their runs with --runs RUN RUN."
            )
        if name.startswith("figure_5") and name not in makers:
            raise UserError(f"These runs are not of that task: theirs is {list(makers)[-1]}.")
        if name not in makers:
            raise UserError(f"There is no figure called {name!r}; choose among: {', '.join(makers)}.")
    return [
        save_image(makers[name](), out / f"{name}.webp", quality=82, method=6) for name in chosen or makers
    ]


def network() -> Image.Image:
    """Figure 2: GPLAC's network, with the sizes of the pusher."""
    task, sizes = task_named("pusher"), preset(FIGURE_PRESET)
    drawn = Network(sizes.network, sizes.data.height, sizes.data.width, task.state_size, task.action_size)
    frame = _views(task.name, "labelled", 0, [_demonstrations(task.name, 1)[0][PUSHING]])[0]
    return architecture(drawn, frame, _weak(task.name, 12, present=True))


def at_work(task: str, step: int) -> Image.Image:
    """Figure 3: the robot in the labelled scene, test scenes as the policy sees them, and weak images.

    Args:
        step: of a demonstration, at which the robot is shown.
    """
    what, rows = task_named(task), 3
    height = _size(task)[1]
    qpos = _demonstrations(task, 1)[0]
    tall = rows * (height + GAP) - GAP
    wide = round(1.15 * tall)
    look = replace(scene(task, "labelled", 0), camera=ASIDE[task])
    with SceneRenderer(what, look, wide, tall, supersample=2) as renderer:
        large = renderer.frame(qpos[step])
    small = [
        [_views(task, "test", index, [qpos[0]])[0], _weak(task, index, present=True)] for index in UNSEEN
    ]
    grid = sheet(small)
    whole = Image.new("RGB", (wide + GAP + grid.width, tall), LIGHT.paper)
    whole.paste(Image.fromarray(large), (0, 0))
    whole.paste(grid, (wide + GAP, 0))
    return whole


def trajectories(task: str, columns: int = 6) -> Image.Image:
    """Figures 9 and 11: an episode in the labelled scene, then one in each of three test scenes."""
    episodes = _demonstrations(task, 1 + len(UNSEEN))
    where = [("labelled", 0), *(("test", index) for index in UNSEEN)]
    steps = np.linspace(0, episodes.shape[1] - 1, columns).round().astype(int)
    return sheet([_views(task, *place, qpos[steps]) for place, qpos in zip(where, episodes, strict=True)])


def weak(task: str, columns: int) -> Image.Image:
    """Figures 7, 10 and 12: weak images of twice so many scenes, two rows with the object of interest, two without."""
    scenes = np.linspace(0, split_size(task, "weak") - 1, 2 * columns).round().astype(int).tolist()
    rows = []
    for present in (True, False):
        images = [_weak(task, index, present) for index in scenes]
        rows += [images[:columns], images[columns:]]
    return sheet(rows)


def pushes() -> Image.Image:
    """Figure 4: the arm waits, comes down behind the mug, pushes it, and has brought it to the corner; labelled scene
    and a test scene."""
    what = MugPush()
    simulations = what.simulations(1)
    rows = []
    for place in (("labelled", 0), ("test", 1)):
        qpos, qvel = what.reset(rng("figure", what.name, *place))
        simulations.set_state(qpos[None], qvel[None])
        action = load_expert(what.name)(simulations.full_state())[0]
        film = simulations.film(0, action)
        still = np.linalg.norm(film[:, 7:9] - film[0, 7:9], axis=1) < 1e-3
        touched = int(np.argmin(still))
        moments = [0, touched - 1, (touched + len(film)) // 2, len(film) - 1]
        rows.append(_views(what.name, *place, film[moments]))
    return sheet(rows)


def feature_points(runs: Sequence[Path], columns: int = 5) -> Image.Image:
    """Figure 5: feature points of policies, a row each, at the start of an episode in the first test scenes.

    Raises:
        UserError: no finished run, one of the user's own task or of another than the first's, or one without feature
            points.
    """
    opened = [Run.open(folder) for folder in runs]
    name = opened[0].view().task
    size = pictures.size_of_width(opened[0].view(), pictures.POINTS_SCALE * _size(name)[0])
    for run in opened:
        if run.facts["task"] != name:
            raise UserError(
                f"{run.folder} is a run of {run.facts['task']}, {opened[0].folder} of {name}: name one task's."
            )
        if pictures.size_of_width(run.view(), size[0]) != size:
            raise UserError(
                f"{run.folder} sees pictures of another shape than {opened[0].folder}: draw it alone."
            )
    what, rows = task_named(name), []
    starts = [what.reset(rng("figure", name, index))[0] for index in range(columns)]
    for run in opened:
        policy, view, row = run.policy(), run.view(), []
        for index, start in enumerate(starts):
            found = pictures.seen_points(policy, view, "test", index, start)
            if found is None:
                raise UserError(
                    f"{run.folder} has no feature points, its method ({run.facts['method']}) is one without attention."
                )
            drawn = pictures.draw_positions(view, "test", index, start[None], *size)[0]
            row.append(pictures.with_points(drawn, *found))
        rows.append(row)
    return sheet(rows)


def demonstrated_starts(columns: int = 4) -> Image.Image:
    """Figure 6: what the camera sees at the start of demonstrations of the mug push."""
    starts = _demonstrations("mug_push", 2 * columns)[:, 0]
    images = _views("mug_push", "labelled", 0, starts)
    return sheet([images[:columns], images[columns:]])


def unseen_starts(columns: int = 4) -> Image.Image:
    """Figure 8: test scenes of the mug push."""
    what = task_named("mug_push")
    images = [
        _views(what.name, "test", index, [what.reset(rng("figure", what.name, index))[0]])[0]
        for index in range(2 * columns)
    ]
    return sheet([images[:columns], images[columns:]])


def _size(task: str) -> tuple[int, int]:
    sizes = preset(FIGURE_PRESET, task).data
    return sizes.width, sizes.height


def _demonstrations(task: str, episodes: int) -> Floats:
    """Positions ``(episodes, T, nq)`` of the expert's first successful episodes."""
    sizes = preset(FIGURE_PRESET, task).data
    expert = load_expert(task)
    return roll_out(
        task_named(task), expert, episodes, sizes.action_noise, SEED, noise_time_s=sizes.noise_time_s
    ).qpos


def _views(task: str, split: str, index: int, positions: Sequence[Floats] | Floats) -> list[Images]:
    """What the policy sees of positions ``(n, nq)`` in a scene."""
    with SceneRenderer(task_named(task), scene(task, split, index), *_size(task)) as renderer:
        return [renderer.frame(qpos) for qpos in positions]


def _weak(task: str, index: int, present: bool) -> Images:
    """The first weak image with, or without, the object of interest that a data set has of a scene."""
    look = Look(task, "weak", index, "standard", None, *_size(task))
    number = next(number for number in range(2) if is_present(number) == present)
    try:
        return weak_image(look, SEED, number)[0]
    finally:
        close_renderer()
