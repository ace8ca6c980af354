"""A page that says how far to trust a policy of one's own data: ``RUN/trust.html``, and ``trust.json`` beside it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from gplac.evaluation.advice import Advice, advise, same_answer
from gplac.evaluation.percent import percent
from gplac.evaluation.result import write_json
from gplac.evaluation.trust import Data, Names, measure_trust
from gplac.files import write_atomically
from gplac.provenance import provenance
from gplac.reporting import charts, html, trust_pictures
from gplac.reporting.themes import label, save_chart
from gplac.runs import Run
from gplac.training.logs import read_log
from gplac.training.policy import forgotten

PAGE, NUMBERS, PICTURES = "trust.html", "trust.json", "trust"
PLACES = 12
"""Places that are shown."""

Found = dict[str, Any]


def write_trust(run: Run, data: Data, names: Names) -> Path:
    """Measure, advise, and write ``trust.json`` and ``trust.html`` into the run's folder.

    Args:
        run: a finished run.
        data: what it was trained on, and what was held out.
        names: of the numbers of an action and of places.

    Returns:
        The page, which holds all its pictures.
    """
    policy = run.policy()
    if forgotten(run.facts):
        policy.network.classifier_head = None
    found = measure_trust(policy, data, names)
    advice = advise(found)
    facts = {name: run.facts[name] for name in ("method", "task", "seed")}
    found = facts | found | {"advice": [asdict(each) for each in advice], "provenance": provenance()}
    write_json(found, "trust", run.folder / NUMBERS)
    folder = run.folder / PICTURES
    attentive = policy if found["points"] is not None else None
    main = found["points"]["main"] if attentive else []
    body = [
        _lead(found, advice),
        *_advice(advice),
        *_classifier(found),
        *trust_pictures.worst(found, data, names, attentive, main, folder),
        *trust_pictures.where_it_looks(found, data, attentive, main, folder),
        *_actions(found),
        *_learning(run, folder),
        *_how(found, run),
    ]
    title = f"How far to trust {label(found['method'])}"
    # No line ends between a number and its sign.
    body = [part.replace(" %", "&nbsp;%") for part in body]
    page = html.page(title, f"{found['task']}: {run.folder.name}", body)
    write_atomically(run.folder / PAGE, page.encode())
    return run.folder / PAGE


def _lead(found: Found, advice: Sequence[Advice]) -> str:
    error, judged = found["action_error"], found["classifier"]
    weights = {each.weight for each in advice}
    verdict = (
        "Do not run it on a robot yet."
        if "stop" in weights
        else "It has learned something; read what to mend before you rely on it."
        if "mend" in weights
        else "Nothing found here speaks against trying it."
    )
    colour = ' class="other"' if "stop" in weights else ""
    parts = [f"<strong{colour}>{verdict}</strong>"]
    if judged is not None:
        where = "places it has never seen" if found["data"]["whole_scenes"] else "places it knows"
        low, high = judged["interval95"]
        parts.append(
            f"Its classifier is right about {judged['right']} of {judged['photographs']} held-out photographs of"
            f" {where} ({percent(judged['right'] / judged['photographs'])}; 95 % interval {percent(low)} to"
            f" {percent(high)}); the same answer to all would be about"
            f" {percent(same_answer(judged) / judged['photographs'])}."
        )
    parts.append(
        f"On held-out demonstrations {_explained(error['policy'], error['mean'])}; a regression from the robot's"
        f" state alone, without pictures, {_share(error['state_only'], error['mean'])}."
    )
    parts.append(
        "None of this is a success rate: only trials on the robot are, beginning slowly and with a hand on the"
        " switch."
    )
    return f'<p class="lead">{" ".join(parts)}</p>'


def _explained(error: float, mean: float) -> str:
    return f"it explains {_share(error, mean)} of how the actions vary"


def _share(error: float, mean: float) -> str:
    return f"{max(0.0, 1 - error / mean):.0%}".replace("%", " %") if mean > 0 else "nothing"


def _advice(advice: Sequence[Advice]) -> list[str]:
    if not advice:
        return []
    words = {"stop": "Stop", "mend": "Mend", "note": "Note"}
    rows = "".join(
        f'<li class="{each.weight}"><b>{words[each.weight]}</b> {html.escape(each.sentence)}</li>'
        for each in advice
    )
    return ["<h2>What to do</h2>", f'<ul class="advice">{rows}</ul>']


def _tally(part: Found) -> list[str]:
    count, right = part["photographs"], part["right"]
    if not count:
        return ["0", "", ""]
    low, high = part["interval95"]
    rate = f"<b>{percent(right / count)}</b><small>{percent(low)} to {percent(high)}</small>"
    return [str(count), str(count - right), rate]


def _classifier(found: Found) -> list[str]:
    judged = found["classifier"]
    if judged is None:
        return []
    head = ["Held-out photographs", "Number", "Wrong", "Right, 95 % interval"]
    rows = [
        ["All", *_tally(judged)],
        ["With the object", *_tally(judged["present"])],
        ["Without it", *_tally(judged["absent"])],
    ]
    rows += [
        [f"The {count['photographs']} {kind}", *_tally(count)]
        for kind, count in judged["brightness"].items()
        if count["photographs"]
    ]
    parts = [
        "<h2>Does it recognise the object?</h2>",
        "<p>Policy and classifier read the same feature points: where the classifier errs, the policy has"
        " probably not found the object either.</p>",
        html.table(head, rows),
    ]
    scenes = sorted(judged["per_scene"], key=lambda each: each["right"] / each["photographs"])
    if len(scenes) > 1:
        shown = scenes[:PLACES]
        more = f", the {PLACES} worst of {len(scenes)}" if len(scenes) > PLACES else ""
        rows = [[html.escape(each["name"]), *_tally(each)] for each in shown]
        parts += [f"<p>Place by place{more}, the worst first:</p>", html.table(["Place", *head[1:]], rows)]
    return parts


def _actions(found: Found) -> list[str]:
    error = found["action_error"]
    kinds = {
        "policy": "The policy",
        "grey": "Grey pictures",
        "other_picture": "Another picture",
        "state_only": "State alone",
        "mean": "Mean action",
    }
    rows = [
        [html.escape(each["name"]), *(_short(each[kind], each["mean"]) for kind in kinds)]
        for each in error["per_dimension"]
    ]
    interval = error["interval95"]
    small = f"<small>{interval[0]:.3f} to {interval[1]:.3f}</small>" if interval else ""
    rows.append(
        [
            "All, squared, variance 1",
            *(f"{error[kind]:.3f}{small if kind == 'policy' else ''}" for kind in kinds),
        ]
    )
    counts = found["data"]["frames"]
    frames = f"{counts['looked_at']:,}"
    if counts["looked_at"] < counts["held_out"]:
        frames += f" of the {counts['held_out']:,}"
    episodes = found["data"]["episodes"]["held_out"]
    return [
        "<h2>Does it act as you did?</h2>",
        f"<p>Root mean squared error of each number of the action, in the robot's units, on {frames} frames of"
        f" {episodes} held-out demonstration{'s' * (episodes != 1)}: of the policy; of the policy shown grey"
        " pictures, or another moment's picture, which must be worse if it looks; and of answers that need no"
        " eyes, a linear regression from the robot's state and the mean action. On frames that it was trained"
        f" on, the policy's squared error is {error['trained']:.3f}.</p>",
        html.table(["Action", *kinds.values()], rows),
    ]


def _short(error: float, mean: float) -> str:
    """An error to three digits; what is less than a millionth of the mean action's error is nought."""
    return "0" if error < 1e-6 * mean else f"{error:.3g}"


def _learning(run: Run, folder: Path) -> list[str]:
    method = run.facts["method"]
    logs = {label(method): (method, read_log(run.folder))}
    if not charts.logged(logs):
        return []
    path = save_chart(partial(charts.learning_curves, logs), folder / "learning.png")
    caption = (
        "<b>Training.</b> Held-out curves that still improve at the end ask for more steps; a gap between"
        " training and held-out data asks for more data. Where the action loss rises midway, dropout on what the"
        " policy reads sets in."
    )
    return ["<h2>Learning</h2>", f'<div class="charts">{html.chart(path, caption)}</div>']


def _how(found: Found, run: Run) -> list[str]:
    data, facts = found["data"], run.facts
    network, training = facts["network"], facts["training"]
    parts = {
        kind: [f"{data[kind][part]:,}" for part in ("trained", "held_out")] for kind in ("episodes", "frames")
    }
    rows = [["Demonstrations", *parts["episodes"]], ["Frames", *parts["frames"]]]
    if data["photographs"] is not None:
        for name, key in (
            ("Photographs with the object", "present"),
            ("without it", "absent"),
            ("Places", "scenes"),
        ):
            rows.append([name, *(f"{data['photographs'][part][key]:,}" for part in ("trained", "held_out"))])
    source = json.dumps(found["provenance"], indent=1)
    return [
        "<h2>What this rests on</h2>",
        html.table(["", "Trained on", "Held out"], rows),
        f'<p class="soft">{label(found["method"])}, seed {found["seed"]}, pictures of {network["width"]}'
        f"x{network['height']} pixels, {training['steps']:,} steps in {training['wall_s'] / 60:.1f} minutes."
        f" The same numbers: <code>{NUMBERS}</code>.</p>",
        f"<details><summary>Provenance</summary><pre>{html.escape(source)}</pre></details>",
    ]
