"""Verbs about this machine, scenes, experts and data."""

from pathlib import Path
from typing import Literal

from gplac.cli.options import (
    Folder,
    Level,
    Looking,
    Looks,
    OptionalFactor,
    OptionalInt,
    OptionalPath,
    Renderer,
    Size,
    Sized,
    Split,
    Task,
)


def doctor(*, quiet: bool = False) -> None:
    """What this machine offers (drawing without a screen, processor, GPU, versions, disk) and what to do about it.
    Ends with status 1 if something that gplac needs is missing.

    Args:
        quiet: Print only what is missing.
    """
    from gplac.doctor import examine

    findings = [finding for finding in examine() if not (quiet and finding.ok)]
    for finding in findings:
        print(f"{'ok ' if finding.ok else 'BAD'} {finding.subject}: {finding.value}")
        if finding.advice:
            print(f"    {finding.advice}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)


def scenes(
    task: Task,
    /,
    *,
    split: Split = "test",
    kind: Literal["view", "positive", "negative"] = "view",
    count: OptionalInt = None,
    out: OptionalPath = None,
    level: Level = "standard",
    assets: OptionalPath = None,
    robot_model: OptionalPath = None,
    renderer: Renderer = "classic",
) -> None:
    """Draw a contact sheet of scenes.

    Args:
        task: Name of the task.
        split: Which scenes.
        kind: The policy's view, or a weak image with or without the object of interest.
        count: How many scenes; by default all of the split.
        out: PNG, WebP or JPEG file to write; by default scenes-TASK-SPLIT.png.
        level: Difficulty of the looks.
        assets: Folder of your own textures and meshes, used instead of gplac's.
        robot_model: MJCF file of your own Sawyer, used instead of gplac's; mug push alone.
        renderer: What draws: MuJoCo's classic renderer, or Filament, physically based, where it is available.
    """
    from gplac.worlds.sheet import contact_sheet

    _choose(renderer)
    out = out or Path(f"scenes-{task}-{split}.png")
    contact_sheet(
        task,
        split,
        out,
        kind,
        level=level,
        assets=assets,
        scenes=count,
        robot_model=robot_model,
        renderer=renderer,
    )
    print(f"The contact sheet is {out}.")


def view(
    task: Task,
    /,
    *,
    split: Split = "validation",
    index: int = 0,
    episode: int = 0,
    level: Level = "standard",
    assets: OptionalPath = None,
    vary: OptionalFactor = None,
    robot_model: OptionalPath = None,
) -> None:
    """Open a scene in MuJoCo's interactive viewer.

    Args:
        task: Name of the task.
        split: Of which scenes.
        index: Which of them.
        episode: Which start of an episode, from 0.
        level: Difficulty of the looks.
        assets: Folder of your own textures and meshes, used instead of gplac's.
        vary: The labelled scene with this alone taken from the scene asked for: mug, coaster (cup, ball), table,
            background, light, distractors or camera.
        robot_model: MJCF file of your own Sawyer, used instead of gplac's; mug push alone.
    """
    from gplac.worlds.viewer import show

    show(task, split, index, level, assets, episode, vary, robot_model)


def expert_train(task: Task, /, *, out: OptionalPath = None, seed: int = 0) -> None:
    """Train the expert that demonstrates, from full state, with TRPO. A stopped training goes on.

    Args:
        task: Name of the task.
        out: File to write (safetensors); by default runs/experts/TASK-seedSEED.safetensors.
        seed: Of weights, episodes and exploration.
    """
    from gplac.experts.train import train_expert

    path = train_expert(task, out or Path(f"runs/experts/{task}-seed{seed}.safetensors"), seed)
    print(f"The expert is in {path}.")


def expert_evaluate(
    task: Task,
    /,
    *,
    weights: OptionalPath = None,
    episodes: int = 500,
    seed: int = 0,
    noise: float = 0.0,
    error: float = 0.0,
    json: OptionalPath = None,
) -> None:
    """Run an expert for fresh episodes: how often it succeeds, and how smoothly it moves.

    Args:
        task: Name of the task.
        weights: File of the expert; by default the one that comes with gplac.
        episodes: How many.
        seed: Of the initial states.
        noise: Standard deviation of noise added to its actions, in their units: newton metres, for the mug push metres.
        error: Standard deviation of how far beside its place it sees the object of interest, metres.
        json: File to write the result to.
    """
    from gplac.evaluation.percent import percent
    from gplac.experts.evaluate import measure_expert

    found = measure_expert(task, weights, episodes, seed, noise, error, json)
    low, high = found["interval95"]
    print(
        f"{found['successes']} of {found['episodes']} episodes succeed, {percent(found['success_rate'])}"
        f" ({percent(low)} to {percent(high)})."
    )
    change = f"; torques change by {found['action_change']:.1%} a step" if found["action_change"] else ""
    print(f"Final distance {found['mean_final_distance_m']:.3f} m{change}.")
    if json is not None:
        print(f"The result is in {json}.")


def collect_demos(
    task: Task,
    /,
    *,
    scenes: int = 1,
    out: OptionalPath = None,
    seed: int = 0,
    expert: OptionalPath = None,
    size: Sized = Size(),
    looks: Looking = Looks(),
    renderer: Renderer = "classic",
) -> None:
    """Collect the expert's successful episodes, seen by a camera. A stopped collection goes on.

    Args:
        task: Name of the task.
        scenes: 1: the labelled scene alone; more: the first of those that weak images come from.
        out: Folder to write; by default data/PRESET/TASK/demos-SCENES.
        seed: Of initial states and noise.
        expert: File of the expert; by default the one that comes with gplac.
        renderer: What draws: MuJoCo's classic renderer, or Filament, physically based, where it is available.
    """
    from gplac.data.collect import collect_demonstrations
    from gplac.experts.expert import load_expert

    _choose(renderer)
    sizes = size.settings(task).data
    out = out or size.data_folder(task) / f"demos-{scenes}"
    collected = collect_demonstrations(
        out,
        task,
        load_expert(task, expert),
        [("labelled", 0)] if scenes == 1 else [("weak", index) for index in range(scenes)],
        sizes.demonstrations if scenes == 1 else sizes.demonstrations_per_scene,
        sizes.width,
        sizes.height,
        seed=seed,
        action_noise=sizes.action_noise,
        noise_time_s=sizes.noise_time_s,
        workers=looks.workers,
        level=looks.level,
        assets=looks.assets,
        robot_model=looks.robot_model,
        renderer=renderer,
    )
    print(f"{collected.manifest.rows} frames are in {out}.")


def collect_weak_images(
    task: Task,
    /,
    *,
    out: OptionalPath = None,
    seed: int = 0,
    size: Sized = Size(),
    looks: Looking = Looks(),
    renderer: Renderer = "classic",
) -> None:
    """Collect weakly labelled images: no robot, half with the object of interest. A stopped collection goes on.

    Args:
        task: Name of the task.
        out: Folder to write; by default data/PRESET/TASK/weak.
        seed: Of where things are in the images.
        renderer: What draws: MuJoCo's classic renderer, or Filament, physically based, where it is available.
    """
    from gplac.data.collect import collect_weak

    _choose(renderer)
    sizes = size.settings(task).data
    out = out or size.data_folder(task) / "weak"
    collected = collect_weak(
        out,
        task,
        [("weak", index) for index in range(sizes.weak_scenes)],
        sizes.weak_per_scene,
        sizes.width,
        sizes.height,
        seed=seed,
        workers=looks.workers,
        level=looks.level,
        assets=looks.assets,
        robot_model=looks.robot_model,
        renderer=renderer,
    )
    print(f"{collected.manifest.rows} images are in {out}.")


def data_show(folder: Folder, /, *, out: OptionalPath = None, rows: int = 8, columns: int = 8) -> None:
    """Make a contact sheet of a data set.

    Args:
        folder: Folder of the data set.
        out: PNG, WebP or JPEG file to write; by default FOLDER.png, beside the folder.
        rows: Episodes, or scenes of weak images, at most; no picture is shown twice.
        columns: Pictures of each, at most.
    """
    from gplac.data.show import contact_sheet

    named = folder if folder.name not in ("", "..") else folder.resolve()
    out = out or named.with_name(f"{named.name}.png")
    contact_sheet(folder, out, rows, columns)
    print(f"The contact sheet is {out}.")


def _choose(renderer: Renderer) -> None:
    """Refuse a renderer that cannot draw here."""
    from gplac.worlds import filament

    if renderer == "filament":
        filament.require()
