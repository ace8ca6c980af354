"""The sections of a model card: each tells in Markdown one thing that is known of a run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gplac.data.manifest import Manifest
from gplac.data.quality.finding import plural
from gplac.errors import UserError
from gplac.evaluation.percent import percent
from gplac.methods import METHODS, Method
from gplac.models.encoders import AttentionEncoder
from gplac.reporting.html import escape
from gplac.reporting.scenes import SPLITS
from gplac.reporting.themes import label
from gplac.runs import Run
from gplac.training.policy import Policy, forgotten
from gplac.worlds.registry import TASKS
from gplac.worlds.splits import NOTHING
from gplac.worlds.task import Task

_WEIGHTS = {"stop": "Stop", "mend": "Mend", "note": "Note"}

Document = Mapping[str, Any]


def lead(facts: Document, task: Task | None) -> str:
    """What it is and what it learned from, in a paragraph."""
    weak, method = facts["weak_images"], METHODS.get(facts["method"])
    places = "one scene" if method is not None and method().labelled_scenes == 1 else "several scenes"
    learned = f"demonstrations of {places}" if task is not None else "demonstrations"
    thing = f"a {task.object_of_interest}" if task is not None else "the object"
    photographs = f" and {weak:,} pictures {_known(method, thing)}" if weak else "."
    return (
        "A visuomotor policy: one camera picture and the robot's state in, an action out. Trained with gplac on"
        f" {learned}{photographs} The method is of, or compared in, *GPLAC: Generalizing Vision-Based Robotic Skills"
        " using Weakly Labeled Images* (Singh, Yang, Levine, ICCV 2017)."
    )


def _known(method: Callable[[], Method] | None, thing: str) -> str:
    """What was known of the weak images, as the end of a sentence."""
    reads = {"labels"} if method is None else method().reads
    if "positions" in reads:
        return f"of which it is known whether {thing} is in them, and where."
    if "labels" in reads:
        return f"of which only this is known: is {thing} in them?"
    return "whose labels balanced its batches and told it nothing."


def what(run: Run, policy: Policy, task: Task | None) -> str:
    """Sizes, inputs and outputs, in a table."""
    facts, network = run.facts, run.facts["network"]
    training = facts["training"]
    rate = f", {task.control_hz} actions a second" if task and task.episode_steps > 1 else ""
    attends = isinstance(policy.network.encoder, AttentionEncoder)
    outputs = "actions; feature points" if attends else "actions"
    outputs += (
        "; whether the object is in the picture" if network["classifier"] and not forgotten(facts) else ""
    )
    rows = [
        ["Method", plain(label(facts["method"]))],
        [
            "Task",
            plain(task.title if task else f"{facts['task'] or 'unnamed'}, from data of the author's own"),
        ],
        ["Picture", f"{network['width']}x{network['height']} pixels, RGB, uint8"],
        ["Robot's state", f"{network['state_size']} numbers"],
        ["Action", f"{network['action_size']} numbers, in the robot's units{rate}"],
        ["Outputs", outputs],
        [
            "Training",
            f"{training['steps']:,} steps, preset {plain(facts['preset']['name'])}, seed {facts['seed']}",
        ],
        ["Size", f"{sum(each.numel() for each in policy.network.parameters()):,} parameters"],
        ["SHA-256 of the weights", f"`{run.weights_id()}`"],
    ]
    return _table(["", ""], rows)


def own(facts: Document) -> bool:
    """Whether a run was trained on a user's own data."""
    return "held_out" in facts.get("data", {})


def data(facts: Document) -> str:
    """What it was trained on, and what was held out."""
    known = facts.get("data", {})
    frames = facts.get("labelled_images")
    counts = {
        "demonstrations": f"{frames:,} frames" if frames is not None else "",
        "weak": f"{facts['weak_images']:,} pictures",
    }
    names = {"demonstrations": "Demonstrations", "weak": "Weakly labelled pictures"}
    rows = [
        [names[kind], counts[kind], _origin(facts, kind), f"`{known[kind]}`" if kind in known else ""]
        for kind in ("demonstrations", "weak")
        if kind == "demonstrations" or facts["weak_images"]
    ]
    parts = ["## What it was trained on", _table(["", "Trained on", "Origin", "SHA-256"], rows)]
    if own(facts):
        held = known["held_out"]
        photographs = held.get("photographs", 0)
        places = (
            f", of {plural(len(held['photograph_scenes']), 'place')} of their own"
            if "photograph_scenes" in held
            else ""
        )
        told = f" and {plural(photographs, 'picture')}{places}" if photographs else ""
        episodes = plural(len(held.get("episodes", ())), "episode")
        parts.append(f"Held out, and never trained on: {episodes}{told}.")
    return "\n\n".join(parts)


def _origin(facts: Document, kind: str) -> str:
    """Where the data come from; more is told while they lie where they lay, unchanged."""
    if not own(facts):
        return "simulation, drawn by gplac" if facts["task"] in TASKS else "not recorded"
    folder = facts.get("folders", {}).get(kind)
    if folder is None:
        return "the author's own, handed over as arrays" if "folders" in facts else "the author's own"
    try:
        manifest = Manifest.read(Path(folder))
    except (UserError, OSError):
        return "the author's own"
    if manifest.checksum != facts["data"][kind]:
        return "the author's own"
    told = [f"imported from {manifest.origin['format']}"] if "format" in manifest.origin else []
    told += [f"camera {manifest.origin['camera']}"] if manifest.origin.get("camera") else []
    told += [f"{manifest.origin['control_hz']:g} Hz"] if manifest.origin.get("control_hz") else []
    told += [
        f"{plural(count, what.removesuffix('s')) if what.endswith('s') else f'{count:,} {what}'} in all"
        for what, count in manifest.counts.items()
        if what != "rows"
    ]
    return plain(", ".join(["the author's own", *told]))


def results(facts: Document, measured: Mapping[str, Document], task: Task | None) -> str:
    """Successes in trials, with intervals and controls; or that there were none."""
    scenes = [each for name, each in measured.items() if name.endswith("/result.json")]
    environments = [each for name, each in measured.items() if name.startswith("evaluation/gymnasium/")]
    emulated = task is not None and "emulated" in task.title
    parts = ["## Results"]
    if not scenes and not environments:
        return f"{parts[0]}\n\nIt has not been evaluated in trials: how often it succeeds is not known."
    if emulated:
        parts.append(
            "**Emulated**: these are trials in a simulation of the robot experiment, not on a robot."
        )
    rows = []
    for found in scenes:
        where = "emulated, " * emulated + SPLITS[found["split"]]
        where += f", looks {found['level']}" if found["level"] != "standard" else ""
        where += "".join(f", {key} {found[key]}" for key in ("assets", "robot_model") if key in found)
        if (factor := found.get("vary")) is not None:
            where += (
                ", the labelled scene in their place" if factor == NOTHING else f", only the {factor} varies"
            )
        number = f"{found['scenes']} scene{'s' * (found['scenes'] != 1)}"
        over = "{} to {}".format(*map(percent, found["interval95_scenes"])) if found["scenes"] > 1 else ""
        rows.append([plain(f"{where} ({number})"), *_count(found), over])
        for control, what in (
            ("blank", "control: grey pictures"),
            ("labelled", f"control: {SPLITS['labelled']}"),
        ):
            if control in found["controls"]:
                rows.append([what, *_count(found["controls"][control]), ""])
    for found in environments:
        given = "".join(f", {name} {value}" for name, value in sorted(found["env_arguments"].items()))
        where = f"Gymnasium environment `{plain(found['env'])}`{plain(given)}, mean return {found['mean_return']:.4g}"
        rows.append([where, *_count(found), ""])
    head = ["Where", "n", "Successes", "Rate", "95 % interval, episodes", "95 % interval, scenes"]
    parts.append(_table(head, rows))
    criterion = (
        f"An episode succeeds if {task.success_when.format(cm=100 * task.success_m)}. "
        if task and scenes
        else ""
    )
    parts.append(
        f"{criterion}n counts episodes. Intervals are Wilson's over episodes, and a bootstrap over whole scenes; both"
        f" are of this one training (seed {facts['seed']}), and say nothing of how others would turn out."
    )
    return "\n\n".join(parts)


def _count(found: Document) -> list[str]:
    if found["successes"] is None:
        return [str(found["episodes"]), "", "", ""]
    low, high = found["interval95"]
    return [
        str(found["episodes"]),
        str(found["successes"]),
        percent(found["success_rate"]),
        f"{percent(low)} to {percent(high)}",
    ]


def trust(found: Document | None, files: Sequence[str]) -> str:
    """What ``trust.json`` says; empty without it."""
    if found is None:
        return ""
    parts = ["## How far to trust it"]
    judged, error = found["classifier"], found["action_error"]
    if judged is not None:
        right, count = judged["right"], judged["photographs"]
        low, high = judged["interval95"]
        parts.append(
            f"Its classifier is right about {right} of {count} held-out photographs ({percent(right / count)}; 95 %"
            f" interval {percent(low)} to {percent(high)})."
        )
    low, high = error["interval95"] or (None, None)
    interval = f"; 95 % interval {low:.2f} to {high:.2f}" if low is not None else ""
    parts.append(
        f"On held-out demonstrations its squared error is {error['policy']:.2f}{interval}, where always answering the"
        f" mean action has {error['mean']:.2f}. This is no success rate: only trials are."
    )
    parts.append(
        "\n".join(f"- **{_WEIGHTS[each['weight']]}**: {plain(each['sentence'])}" for each in found["advice"])
        or "Nothing found in what was held out speaks against trying it."
    )
    if "trust.html" in files:
        parts.append("All of it, with pictures: [trust.html](trust.html).")
    return "\n\n".join(parts)


def use(run: Run, files: Sequence[str], repo_id: str | None) -> str:
    """How to load it, and how to run it on a robot."""
    network = run.facts["network"]
    parts = [
        "## How to use it",
        "```python\n"
        "import gplac\n\n"
        f'policy = gplac.from_pretrained("{repo_id or "FOLDER or USER/NAME"}")\n'
        f"# images (B, {network['height']}, {network['width']}, 3) uint8, states (B, {network['state_size']}) float32\n"
        f"actions = policy(images, states)  # (B, {network['action_size']}) float32\n"
        "```",
    ]
    exported = [name for name in ("policy.onnx", "policy-int8.onnx") if name in files]
    if exported:
        which = " and ".join(f"`{name}`" for name in exported)
        parts.append(
            f"On a robot, without PyTorch: {which}, with `gplac robot run {exported[0]} --robot ...`."
        )
    return "\n\n".join(parts)


def limits(facts: Document, task: Task | None) -> str:
    """What it cannot be expected to do."""
    network = facts["network"]
    lines = [
        "Camera, robot and order of the numbers of state and action have to be those of the demonstrations; pictures"
        f" have to be {network['width']}x{network['height']} pixels.",
        "It was trained for one task and one kind of object, and knows nothing of people, obstacles or limits. Run it"
        " with limits on actions, slowly at first, and with a hand on the switch.",
    ]
    if task is not None:
        lines.insert(0, "It was trained in simulation, and has not been tried on a robot.")
    if not facts["weak_images"]:
        lines.append(
            "It was trained without weakly labelled pictures: expect it to fail where it looks different."
        )
    return "## Limits\n\n" + "\n".join(f"- {line}" for line in lines)


def provenance(run: Run) -> str:
    """Where it comes from: revision, versions, hardware, date."""
    source = run.facts["provenance"]
    versions = ", ".join(f"{package} {version}" for package, version in source["versions"].items())
    rows = [
        ["Revision of gplac", plain(source["revision"] or "not from a checkout")],
        ["Versions", plain(versions)],
        ["Processor", plain(str(source["hardware"].get("cpu", "")))],
        ["GPU", plain(str(source["hardware"].get("gpu") or "none"))],
        ["Training time", f"{run.facts['training']['wall_s'] / 60:.1f} minutes"],
        ["Date", plain(source["date"])],
    ]
    return "## Provenance\n\n" + _table(["", ""], rows) + "\n\nAll settings, and the command: `run.json`."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def plain(text: str) -> str:
    """Text from outside as one line of Markdown that is neither markup nor the end of a cell."""
    return escape(" ".join(text.split()), quote=False).replace("|", "&#124;").replace("[", "&#91;")
