"""The pictures of a report: films, feature points, failures, scenes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gplac.reporting import html, pictures
from gplac.reporting.entries import Entry, baseline
from gplac.reporting.themes import save_image
from gplac.runs import Run
from gplac.worlds.registry import task as task_named

FILMS, FAILURES, STRIP, POINT_SCENES = 4, 3, 6, 4
"""Scenes filmed, failures shown, pictures of each, scenes with feature points."""
THUMBNAIL_WIDTH = 160
JPEG = {"quality": 86, "optimize": True}


def write_gallery(found: Sequence[Entry], out: Path) -> list[str]:
    """Draw what the first policy and its baseline saw and did; returns the sections of the page.

    Nothing is drawn for results whose runs are not at hand.
    """
    shown = [entry for entry in found if entry.episodes is not None]
    if not shown:
        return []
    main = shown[0]
    beside = baseline(main, shown)
    pair = [main] if beside is None else [main, beside]
    return [*_films(pair, out), *_points(pair, out), *_failures(main, out), *_scenes(pair, out)]


def _films(pair: Sequence[Entry], out: Path) -> list[str]:
    cells = []
    for number in range(min(FILMS, _shared(pair))):
        sides = []
        for entry in pair:
            steps = _episode(entry, number, 0)
            film = np.concatenate([steps[:-1][:: pictures.FILM_EVERY], steps[-1:]])
            path = out / f"film-{entry.method}-seed{entry.result['seed']}-scene{number}.webp"
            pictures.save_film(_drawn(entry, number, film), path, task_named(entry.result["task"]).control_hz)
            sides.append(
                f"<div>{html.image(path, f'{entry.name}, scene {number}')}{_outcome(entry, number, 0)}</div>"
            )
        cells.append(f'<div class="pair">{"".join(sides)}</div>')
    moves = task_named(pair[0].result["task"]).episode_steps > 1
    pace = "as fast as it was" if moves else "its start and its end"
    return [
        "<h2>Episodes</h2>",
        f"<p>The first episode in each of the first {len(cells)} scenes, whatever came of it, {pace}"
        f" ({' left, '.join(html.escape(entry.name) for entry in pair)}{' right' if len(pair) > 1 else ''}).</p>",
        f'<div class="pairs">{"".join(cells)}</div>',
    ]


def _failures(entry: Entry, out: Path) -> list[str]:
    failed = [
        (number, episode)
        for number, scene in enumerate(entry.result["per_scene"])
        for episode, won in enumerate(scene["outcomes"])
        if not won
    ]
    # At most one a scene: otherwise one hopeless scene would fill the place.
    first = list({number: (number, episode) for number, episode in reversed(failed)}.values())[::-1][
        :FAILURES
    ]
    if not first:
        return []
    figures = []
    for number, episode in first:
        steps = _episode(entry, number, episode)
        chosen = steps[np.unique(np.linspace(0, len(steps) - 1, STRIP).round().astype(int))]
        strip = pictures.film_strip(list(_drawn(entry, number, chosen)))
        stem = f"failure-{entry.method}-seed{entry.result['seed']}-scene{number}-episode{episode}"
        # In two halves, which a narrow screen shows below each other.
        halves = [
            save_image(half, out / f"{stem}-{place}.jpg", **JPEG)
            for place, half in zip(("first", "last"), strip, strict=True)
        ]
        shown = "".join(html.image(half, "A failed episode, from start to end") for half in halves)
        figures.append(
            f'<figure class="card"><div class="halves">{shown}</div>'
            f"<figcaption>Scene {number}, episode {episode}: {_ended(entry, number, episode)}</figcaption></figure>"
        )
    return [
        f"<h2>Failures of {html.escape(entry.name)}</h2>",
        "<p>The first failed episode of each of the first scenes that have one, from start to end.</p>",
        f'<div class="strips">{"".join(figures)}</div>',
    ]


def _points(pair: Sequence[Entry], out: Path) -> list[str]:
    """Figure 5 of the paper: feature points over unseen scenes, two policies side by side."""
    policies = [(entry, Run.open(entry.run).policy()) for entry in pair if entry.run is not None]
    rows, cells = [], []
    for number in range(min(POINT_SCENES, _shared(pair))):
        row, sides = [], []
        for entry, policy in policies:
            assert entry.episodes is not None
            view, episodes = entry.episodes
            start = episodes.qpos[number, 0, 0]
            where = (view, episodes.split, episodes.scenes[number])
            found = pictures.seen_points(policy, *where, start)
            if found is None:
                continue
            points, on_object = found
            size = pictures.size_of_width(view, pictures.POINTS_SCALE * pictures.FILM_WIDTH)
            drawn = pictures.draw_positions(*where, start[None], *size)[0]
            row.append(pictures.with_points(drawn, points, on_object))
            path = save_image(
                row[-1], out / f"points-{entry.method}-seed{entry.result['seed']}-scene{number}.jpg", **JPEG
            )
            tag = f"<b>{html.escape(entry.name)}</b>: {int(on_object.sum())} of {len(on_object)} points"
            sides.append(
                f'<div>{html.image(path, f"Feature points of {entry.name}")}<div class="tag">{tag}</div></div>'
            )
        if row:
            rows.append(row)
            cells.append(f'<div class="pair">{"".join(sides)}</div>')
    if not rows:
        return []
    save_image(pictures.sheet(rows), out / "points.png")
    thing = task_named(pair[0].result["task"]).object_of_interest
    return [
        "<h2>Feature points</h2>",
        f"<p>Where each channel's attention lies at the start of the first episode, as in figure 5 of the paper:"
        f' <span class="key"></span>on the {thing}, <span class="key other"></span>elsewhere.</p>',
        f'<div class="pairs">{"".join(cells)}</div>',
    ]


def _scenes(pair: Sequence[Entry], out: Path) -> list[str]:
    assert pair[0].episodes is not None
    view, episodes = pair[0].episodes
    size, cells = pictures.size_of_width(view, THUMBNAIL_WIDTH), []
    for number, index in enumerate(episodes.scenes):
        start = episodes.qpos[number, 0, :1]
        picture = pictures.draw_positions(view, episodes.split, index, start, *size)[0]
        path = save_image(pictures.sheet([[picture]]), out / f"scene-{index:03d}.jpg", **JPEG)
        tags = []
        for place, entry in enumerate(pair):
            if number >= entry.result["scenes"]:
                continue
            scene = entry.result["per_scene"][number]
            share = f'style="width:{100 * scene["success_rate"]:.0f}%"'
            tags.append(
                f"{html.escape(entry.name)} {scene['successes']}/{scene['episodes']}"
                f'<span class="bar"><i class="{"other" if place else ""}" {share}></i></span>'
            )
        cells.append(f'<div>{html.image(path, f"Scene {index}")}<div class="tag">{"".join(tags)}</div></div>')
    return [
        "<h2>The scenes</h2>",
        "<p>Each scene as its first episode starts, and how many of its episodes succeed.</p>",
        f'<div class="scenes">{"".join(cells)}</div>',
    ]


def _shared(pair: Sequence[Entry]) -> int:
    """How many scenes, from the first on, all of them were run in."""
    return min(int(entry.result["scenes"]) for entry in pair)


def _episode(entry: Entry, number: int, episode: int) -> pictures.Floats:
    """Its positions ``(T + 1, nq)``."""
    assert entry.episodes is not None
    return np.asarray(entry.episodes[1].qpos[number, episode])


def _drawn(entry: Entry, number: int, qpos: pictures.Floats) -> pictures.Images:
    assert entry.episodes is not None
    view, episodes = entry.episodes
    size = pictures.size_of_width(view, pictures.FILM_WIDTH)
    return pictures.draw_positions(view, episodes.split, episodes.scenes[number], qpos, *size)


def _outcome(entry: Entry, number: int, episode: int) -> str:
    won = entry.result["per_scene"][number]["outcomes"][episode]
    kind, word = ("won", "succeeds") if won else ("lost", "fails")
    return f'<div class="tag"><b>{html.escape(entry.name)}</b> <span class="{kind}">{word}</span></div>'


def _ended(entry: Entry, number: int, episode: int) -> str:
    distance = entry.result["per_scene"][number]["final_distances_m"][episode]
    return f"it ends {100 * distance:.0f} cm from the goal."
