"""A row of Table 1: data, training, test scenes, ceiling and floor.

    python recipes/table1.py --preset lite
    python recipes/table1.py --preset lite --task striker

Stop it whenever you like: the same command goes on where it was. Data goes to data/, runs to runs/, and each finished
run leaves its result in results/PRESET/TASK/ at once. Test scenes are opened here alone; tune with
``gplac evaluate RUN --split validation``.
"""

from pathlib import Path

import tyro

from gplac.bounds import measure_bounds, measure_tolerance
from gplac.config import Preset
from gplac.config import preset as preset_named
from gplac.data.collect import collect_demonstrations, collect_weak, is_up_to_date
from gplac.experts.expert import load_expert
from gplac.methods import METHODS
from gplac.runs import evaluate_run, inspect_run
from gplac.training.loop import train


def demonstrations(task: str, data: Path, settings: Preset, scenes: int) -> Path:
    """Collect what is missing of the demonstrations of one scene, or of as many as there are weak images of."""
    sizes, folder = settings.data, data / f"demos-{scenes}"
    if is_up_to_date(folder):
        return folder
    if scenes == 1:
        where, each = [("labelled", 0)], sizes.demonstrations
    else:
        where, each = [("weak", index) for index in range(scenes)], sizes.demonstrations_per_scene
    collect_demonstrations(
        folder,
        task,
        load_expert(task),
        where,
        each,
        sizes.width,
        sizes.height,
        action_noise=sizes.action_noise,
        noise_time_s=sizes.noise_time_s,
    )
    return folder


def data_of(task: str, name: str, data: Path, settings: Preset) -> tuple[Path, Path | None]:
    """Collect what is missing of a method's demonstrations and weak images."""
    method, sizes = METHODS[name](), settings.data
    weak = data / "weak" if method.weak_scenes else None
    if weak is not None and not is_up_to_date(weak):
        places = [("weak", index) for index in range(sizes.weak_scenes)]
        collect_weak(weak, task, places, sizes.weak_per_scene, sizes.width, sizes.height)
    return demonstrations(task, data, settings, min(method.labelled_scenes, sizes.weak_scenes)), weak


def measure(task: str, preset: str, methods: tuple[str, ...], seeds: tuple[int, ...]) -> None:
    """Train and test what has no result yet."""
    settings = preset_named(preset, task)
    data = Path("data") / preset / task
    results = Path("results") / preset / task
    for seed in seeds:
        for name in methods:
            found, run = (
                results / f"{name}-seed{seed}.json",
                Path("runs") / preset / task / f"{name}-seed{seed}",
            )
            if found.exists():
                print(f"{found} is there")
                continue
            demos, weak = data_of(task, name, data, settings)
            train(name, settings, demos, weak, run, task, seed, resume=True)
            inspect_run(run, demonstrations(task, data, settings, 1), "validation")
            result = evaluate_run(run, "test", copy=found)
            print(f"{name} seed {seed}: {result['successes']} of {result['episodes']} episodes succeed")


def main(
    preset: str = "lite",
    task: str = "pusher",
    methods: tuple[str, ...] = ("att-1", "gplac", "att-40", "cnn-1"),
    seeds: tuple[int, ...] = (0,),
) -> None:
    """Run what is not done yet.

    Args:
        preset: Size of everything.
        task: Which row.
        methods: Which methods, in this order.
        seeds: Seeds of weights and batches; the data is the same for all.
    """
    settings = preset_named(preset, task)
    results, evaluation = Path("results") / preset / task, settings.evaluation
    demos = demonstrations(task, Path("data") / preset / task, settings, 1)
    if not (results / "floor-seed0.json").exists():
        measure_bounds(task, demos, "test", evaluation.scenes, evaluation.episodes, results, preset)
    if not (results / "tolerance-seed0.json").exists():
        measure_tolerance(task, demos, "validation", 400, results, preset)
    measure(task, preset, methods, seeds)


if __name__ == "__main__":
    tyro.cli(main)
