"""Table 1's pusher row: data, training, test scenes, ceiling and floor.

    python recipes/pusher.py --preset lite

Stop it whenever you like: the same command goes on where it was. Data goes to data/, runs to runs/, and each finished
run leaves its result in results/PRESET/pusher/ at once. Test scenes are opened here alone; tune with
``gplac evaluate RUN --split validation``.
"""

from pathlib import Path

import tyro

from gplac.bounds import measure_bounds, measure_tolerance
from gplac.config import PRESETS, Preset
from gplac.data.collect import collect_demonstrations, collect_weak
from gplac.data.manifest import MANIFEST, Manifest
from gplac.experts.expert import load_expert
from gplac.methods import METHODS
from gplac.runs import evaluate_run, inspect_run
from gplac.training.loop import train

TASK = "pusher"


def complete(folder: Path) -> bool:
    """Whether a collection is all there; it can then be read by several processes at once."""
    return (folder / MANIFEST).exists() and Manifest.read(folder).complete


def demonstrations(data: Path, settings: Preset, scenes: int) -> Path:
    """Collect what is missing of the demonstrations of one scene, or of as many as there are weak images of."""
    sizes, folder = settings.data, data / f"demos-{scenes}"
    if complete(folder):
        return folder
    if scenes == 1:
        where, each = [("labelled", 0)], sizes.demonstrations
    else:
        where, each = [("weak", index) for index in range(scenes)], sizes.demonstrations_per_scene
    collect_demonstrations(
        folder,
        TASK,
        load_expert(TASK),
        where,
        each,
        sizes.width,
        sizes.height,
        action_noise=sizes.action_noise,
        noise_time_s=sizes.noise_time_s,
    )
    return folder


def data_of(name: str, data: Path, settings: Preset) -> tuple[Path, Path | None]:
    """Collect what is missing of a method's demonstrations and weak images."""
    method, sizes = METHODS[name](), settings.data
    weak = data / "weak" if method.weak_scenes else None
    if weak is not None and not complete(weak):
        places = [("weak", index) for index in range(sizes.weak_scenes)]
        collect_weak(weak, TASK, places, sizes.weak_per_scene, sizes.width, sizes.height)
    return demonstrations(data, settings, min(method.labelled_scenes, sizes.weak_scenes)), weak


def main(
    preset: str = "lite",
    methods: tuple[str, ...] = ("att-1", "gplac", "att-40", "cnn-1"),
    seeds: tuple[int, ...] = (0,),
) -> None:
    """Run what is not done yet.

    Args:
        preset: Size of everything.
        methods: Which methods, in this order.
        seeds: Seeds of weights and batches; the data is the same for all.
    """
    settings = PRESETS[preset]()
    data = Path("data") / preset / TASK
    results = Path("results") / preset / TASK
    evaluation = settings.evaluation
    if not (results / "floor-seed0.json").exists():
        measure_bounds(
            TASK,
            demonstrations(data, settings, 1),
            "test",
            evaluation.scenes,
            evaluation.episodes,
            results,
            preset,
        )
    if not (results / "tolerance-seed0.json").exists():
        measure_tolerance(TASK, demonstrations(data, settings, 1), "validation", 400, results, preset)
    for seed in seeds:
        for name in methods:
            found, run = (
                results / f"{name}-seed{seed}.json",
                Path("runs") / preset / TASK / f"{name}-seed{seed}",
            )
            if found.exists():
                print(f"{found} is there")
                continue
            demos, weak = data_of(name, data, settings)
            train(name, settings, demos, weak, run, TASK, seed, resume=True)
            inspect_run(run, demonstrations(data, settings, 1), "validation")
            result = evaluate_run(run, "test", copy=found)
            print(f"{name} seed {seed}: {result['successes']} of {result['episodes']} episodes succeed")


if __name__ == "__main__":
    tyro.cli(main)
