"""One page about data before any training on them: ``gplac data check --out``."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gplac.data import schema
from gplac.data.quality.episodes import lengths
from gplac.data.quality.finding import Finding, summary
from gplac.data.quality.labels import per_scene
from gplac.data.quality.likeness import FAR, TURNED
from gplac.data.quality.read import Measured
from gplac.data.quality.survey import Survey
from gplac.data.quality.values import Dimension
from gplac.files import write_atomically
from gplac.provenance import provenance
from gplac.reporting import html

SAMPLES = 8
"""Pictures that show what a data set looks like; of weak images, as many of each label."""
LENGTH_BINS = 40


def write_data_page(survey: Survey, path: Path) -> None:
    """Write the page, which holds all its pictures, as the file ``path``.

    Raises:
        UserError: it cannot be written.
    """
    body = [
        _lead(survey),
        _counts(survey),
        "<h2>Findings</h2>",
        *(_finding(survey, finding) for finding in survey.findings),
        "" if survey.findings else "<p>None.</p>",
        *_demonstrations(survey),
        *_weak(survey),
        *_likeness(survey),
        _provenance(),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, html.page("What is in these data", "GPLAC", body).encode())


def _lead(survey: Survey) -> str:
    number = summary(survey.findings)
    if survey.count("problem"):
        text = f'<strong class="bad">Mend the problems before training:</strong> {number}.'
    elif survey.count("warning"):
        text = f'Look at the warnings before training: <strong class="other">{number}</strong>.'
    else:
        text = f"<strong>Ready for training:</strong> {number}."
    return f'<p class="lead">{text}</p>'


def _counts(survey: Survey) -> str:
    rows = []
    for data in survey.data.values():
        request = data.manifest.request
        weak = data.kind == "weak"
        parts = f"{len(per_scene(data))} scenes" if weak else f"{len(data.starts) - 1:,} episodes"
        rows.append(
            [
                "Weak images" if weak else "Demonstrations",
                f"{len(data):,}",
                parts,
                f"{request.width} x {request.height}",
                f"{html.escape(request.task)}<small>{html.escape(request.split)}</small>",
                f"<small>{html.escape(str(data.folder))}</small>",
            ]
        )
    return html.table(["", "Pictures", "in", "Pixels", "Task", "Folder"], rows) if rows else ""


def _finding(survey: Survey, finding: Finding) -> str:
    about = {"demonstrations": "demonstrations", "weak": "weak images", None: "manifest"}[finding.data]
    places = "".join(f"<li>{html.escape(place)}</li>" for place in finding.where)
    shots = ""
    if finding.data is not None and finding.examples:
        shots = _shots(survey.data[finding.data], finding.examples)
    return (
        f'<div class="card finding is-{finding.severity}"><span class="severity">{finding.severity.capitalize()}:'
        f" {about}</span><p><b>{html.escape(finding.what)}</b></p>{f'<ul>{places}</ul>' if places else ''}"
        f"<p>{html.escape(finding.mend)}</p>{shots}</div>"
    )


def _shots(data: Measured, groups: Sequence[Sequence[int]]) -> str:
    """Pictures with captions; those of a group stay together."""
    encoded = data.jpegs(row for group in groups for row in group)

    def figure(row: int) -> str:
        place = data.place(row)
        return (
            f"<figure>{html.jpeg(encoded[row], place)}<figcaption>{html.escape(place)}</figcaption></figure>"
        )

    cells = (
        f'<div class="together">{"".join(map(figure, group))}</div>' if len(group) > 1 else figure(group[0])
        for group in groups
    )
    return f'<div class="shots">{"".join(cells)}</div>'


def _demonstrations(survey: Survey) -> list[str]:
    data = survey.data.get("demonstrations")
    if data is None or survey.demonstrated is None:
        return []
    frames = lengths(data)
    parts = [
        "<h2>Demonstrations</h2>",
        "<p>Frames from all over the data, each as a policy will see it.</p>",
        _shots(data, _spread(np.arange(len(data)))),
        "<h3>State and action</h3>",
        '<p class="note">Beside a name how its values are spread. "At limits" is the share of frames at the lowest'
        " and at the highest value that the dimension takes.</p>",
        html.table(
            ["", "", "Range", "Mean", "Deviation", "At limits"],
            [_dimension(each) for each in survey.demonstrated.dimensions],
        ),
        "<h3>Lengths of episodes</h3>",
        f"<p>{frames.min()} to {frames.max()} frames, median {np.median(frames):g}.</p>",
    ]
    if frames.min() < frames.max():
        counts = np.histogram(frames, LENGTH_BINS)[0].tolist()
        alt = "how many episodes have which length, from the shortest to the longest"
        parts.append(f'<div class="card wide">{html.histogram(counts, alt)}</div>')
    if (time := survey.demonstrated.timing) is not None:
        parts += [
            "<h3>Timing</h3>",
            f"<p>Control rate {time.control_hz:g} Hz; the time stamps say {time.median_hz:.4g} Hz, nineteen of twenty"
            f" steps within {100 * time.jitter:.0f} % of the period, the longest {time.longest_s:.3f} s.</p>",
        ]
    return parts


def _dimension(each: Dimension) -> list[str]:
    word = "state" if each.column == schema.STATE else "action"
    name = f"{word} {html.escape(each.name)}"
    if each.constant:
        return [name, "", f"always {each.minimum:.4g}", "", "", ""]
    limits = f"{100 * each.at_minimum:.1f} / {100 * each.at_maximum:.1f} %"
    return [
        name,
        html.histogram(each.histogram, f"spread of {word} {each.name}"),
        f"{each.minimum:.4g} to {each.maximum:.4g}",
        f"{each.mean:.4g}",
        f"{each.sd:.4g}",
        limits,
    ]


def _weak(survey: Survey) -> list[str]:
    data = survey.data.get("weak")
    if data is None:
        return []
    label = data.columns[schema.LABEL]
    parts = ["<h2>Weak images</h2>"]
    for value, word in ((1, "With"), (0, "Without")):
        rows = np.flatnonzero(label == value)
        if len(rows):
            parts += [f"<p>{word} the object of interest: {len(rows):,}.</p>", _shots(data, _spread(rows))]
    scenes = per_scene(data)
    cells = [
        f'<div class="tag">{html.escape(data.scene_name(scene))}: {yes} of {yes + no}<span class="bar"><i'
        f' style="width:{100 * yes / (yes + no):.0f}%"></i></span></div>'
        for scene, yes, no in scenes
    ]
    if len(scenes) > 1:
        parts += [
            "<h3>Labels of each scene</h3>",
            "<p>How many of its images show the object of interest.</p>",
            f'<div class="card labels">{"".join(cells)}</div>',
        ]
    return parts


def _likeness(survey: Survey) -> list[str]:
    if (found := survey.likeness) is None:
        return []

    def span(values: tuple[float, float, float]) -> str:
        low, middle, high = values
        return f"{middle:.0f}<small>{low:.0f} to {high:.0f}</small>"

    left, over, right = found.turned_distances
    both = survey.data["demonstrations"], survey.data["weak"]
    return [
        "<h2>Weak images beside demonstrations</h2>",
        "<p>Demonstrations above, weak images below. Are both the same way up, and the table and the things on it about"
        " as large and as high in the picture?</p>",
        *(_shots(data, _spread(np.arange(len(data)))) for data in both),
        "<p>Where pictures have edges tells where the camera stood, whatever the place looks like. The weak images are"
        f" {found.layout_distance:.2f} away from the demonstrations (0: edges at the same places; 1: nothing in common;"
        f" above {FAR:g} there is a warning). Upside down they would be {over:.2f} away, turned by a quarter {left:.2f}"
        f" (counter-clockwise) or {right:.2f} (clockwise); if one of these were nearer by {TURNED:g}, there would be a"
        " warning, too.</p>",
        '<p class="note">Below: medians in grey levels, small the range of nine in ten pictures.</p>',
        html.table(
            ["", "Demonstrations", "Weak images"],
            [
                [each.name.capitalize(), span(each.demonstrations), span(each.weak)]
                for each in found.statistics
            ],
        ),
    ]


def _spread(rows: np.ndarray) -> list[tuple[int, ...]]:
    chosen = np.linspace(0, len(rows) - 1, min(SAMPLES, len(rows))).round().astype(int)
    return [(int(rows[i]),) for i in chosen]


def _provenance() -> str:
    source = provenance()
    text = f"{source['command']}\n{source['date']}, revision {source['revision'] or 'unknown'}"
    return f"<details><summary>Where this page comes from</summary><pre>{html.escape(text)}</pre></details>"
