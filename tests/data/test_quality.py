"""Every defect that the quality report knows is found where it is, and none in good data."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from quality_data import EPISODES, PER_SCENE, STEPS, Frames, Images, Photos
from small_data import write_demonstrations, write_weak

from gplac.data.quality.finding import Finding
from gplac.data.quality.survey import Survey, survey
from gplac.errors import UserError


def of_frames(folder: Path, **changes: object) -> Survey:
    frames = Frames()
    for name, value in changes.items():
        setattr(frames, name, value)
    return survey([frames.write(folder / "d")])


def found(result: Survey, code: str) -> Finding:
    """The one finding with this code."""
    (one,) = [finding for finding in result.findings if finding.code == code]
    return one


def test_nothing_is_found_in_good_data(tmp_path: Path) -> None:
    result = survey([Frames().write(tmp_path / "d"), Photos().write(tmp_path / "w")])
    assert result.findings == []
    assert result.likeness is not None and all(each.covered for each in result.likeness.statistics)


def test_simulated_data_have_no_problem(collected: dict[str, Path]) -> None:
    result = survey([collected["demonstrations"], collected["weak"]])
    assert [each for each in result.findings if each.severity == "problem"] == []


def test_numbers(tmp_path: Path) -> None:
    frames = Frames(origin={"state_names": ["a", "b", "c", "d", "gripper"], "control_hz": 20})
    frames.state[:, 3] = 7.0
    frames.state[:, 4] = np.arange(len(frames.state)) % 2
    frames.action[:, 0] = np.clip(frames.action[:, 0], -9.0, 0.1)
    frames.action[:, 2] = 0.0
    frames.state[STEPS + 4, 1] = np.nan
    result = survey([frames.write(tmp_path / "d")])
    assert result.demonstrated is not None
    named = {(each.column, each.name): each for each in result.demonstrated.dimensions}
    first = named["observation.state", "a"]
    assert (first.minimum, first.maximum) == (frames.state[:, 0].min(), frames.state[:, 0].max())
    assert first.mean == pytest.approx(frames.state[:, 0].mean(), rel=1e-4)
    assert sum(first.histogram) == len(frames.state)
    assert named["observation.state", "b"].not_finite == 1
    assert named["action", "1"].at_maximum == (frames.action[:, 0] == np.float32(0.1)).mean()
    lost = found(result, "not-finite")
    assert lost.severity == "problem"
    assert lost.where == ("episode 1, frame 4, dimension 2",) and lost.examples == ((STEPS + 4,),)
    state, action = (
        finding
        for finding in sorted(result.findings, key=lambda each: each.severity)
        if finding.code == "constant"
    )
    assert (state.severity, state.where) == ("note", ("state d: always 7",))
    assert (action.severity, action.where) == ("warning", ("action 3: always 0",))
    assert "nothing needs to be done: the policy" in action.mend and "--action" in action.mend
    assert "policy" not in state.mend and "--state" in state.mend
    # The gripper is at its extremes all the time, and that is no saturation.
    assert found(result, "saturated").count == 1 and "0.1 in 4" in found(result, "saturated").where[0]


def test_actions_that_never_change(tmp_path: Path) -> None:
    result = of_frames(tmp_path, action=np.ones((EPISODES * STEPS, 2), np.float32))
    assert found(result, "constant").severity == "problem"


def test_lengths(tmp_path: Path) -> None:
    frames = Frames()
    frames.keep((frames.episode != 6) | (np.arange(len(frames.episode)) % STEPS < 3))
    short = found(survey([frames.write(tmp_path / "d")]), "episode-length")
    assert short.severity == "warning" and short.where == ("episode 6: 3 frames",)


def test_copied_episodes(tmp_path: Path) -> None:
    frames = Frames()
    frames.state[5 * STEPS : 6 * STEPS] = frames.state[:STEPS]
    frames.action[5 * STEPS : 6 * STEPS] = frames.action[:STEPS]
    copies = found(survey([frames.write(tmp_path / "d")]), "episode-copies")
    assert copies.severity == "problem" and copies.where == ("episode 5 is episode 0 again",)
    assert copies.examples == ((0, 5 * STEPS),)


def test_single_frames_with_the_same_numbers_are_no_copies(tmp_path: Path) -> None:
    frames = Frames()
    frames.keep(frames.timestamp == 0)
    frames.state[:], frames.action[4] = 0.0, frames.action[2]
    assert "episode-copies" not in [each.code for each in survey([frames.write(tmp_path / "d")]).findings]


def test_a_camera_that_stops(tmp_path: Path) -> None:
    frames = Frames()
    frames.images[45:57] = [frames.images[44]] * 12
    frozen = found(survey([frames.write(tmp_path / "d")]), "frozen")
    assert frozen.severity == "problem" and "up to 13 frames" in frozen.what
    assert frozen.where == ("episode 2, frame 4 to 16",) and frozen.examples == ((44, 56),)


def test_a_robot_that_rests(tmp_path: Path) -> None:
    frames = Frames()
    frames.images[45:57] = [frames.images[44]] * 12
    frames.state[44:57] = frames.state[44]
    assert survey([frames.write(tmp_path / "d")]).findings == []


def test_a_slow_camera(tmp_path: Path) -> None:
    frames = Frames()
    frames.images = [frames.images[row // 2 * 2] for row in range(len(frames.images))]
    assert found(survey([frames.write(tmp_path / "d")]), "frozen").severity == "warning"


@pytest.mark.parametrize(
    ("change", "severity", "words"),
    [
        (lambda time: time * 2, "problem", "10 Hz, but the control rate of the import is 20 Hz"),
        (
            lambda time: time + 0.2 * ((time > 0.42) & (np.arange(len(time)) < STEPS)),
            "warning",
            "the longest 0.250 s instead of 0.050 s",
        ),
        (lambda time: time + 0.016 * (np.arange(len(time)) % 2), "warning", "off by more than 32 %"),
        (lambda time: np.where(time == np.float32(0.5), 0.1, time), "problem", "backwards"),
    ],
)
def test_timing(
    tmp_path: Path, change: Callable[[np.ndarray], np.ndarray], severity: str, words: str
) -> None:
    timestamp = change(Frames().timestamp).astype(np.float32)
    timing = [each for each in of_frames(tmp_path, timestamp=timestamp).findings if each.code == "timing"]
    assert timing[0].severity == severity and words in timing[0].what


def test_timing_needs_a_control_rate(tmp_path: Path) -> None:
    result = of_frames(tmp_path, timestamp=Frames().timestamp * 2, origin={})
    assert result.findings == [] and result.demonstrated is not None and result.demonstrated.timing is None


def test_labels(tmp_path: Path) -> None:
    photos = Photos()
    photos.label[PER_SCENE : 2 * PER_SCENE] = 1
    photos.label[2 * PER_SCENE : 3 * PER_SCENE] = np.arange(PER_SCENE) == 3
    result = survey([photos.write(tmp_path / "w")])
    only, few = (each for each in result.findings if each.code == "scene-labels")
    assert only.where == ("scene 1: 24 with, 0 without",) and few.where == ("scene 2: 1 with, 23 without",)


def test_imported_scenes_have_their_names(tmp_path: Path) -> None:
    photos = Photos(origin={"scenes": [{"name": f"photos/place{number}"} for number in range(3)]})
    data = survey([photos.write(tmp_path / "w")]).data["weak"]
    assert data.place(PER_SCENE + 3) == "image 3 of photos/place1, labelled 1"
    assert data.scene_name(3) == "scene 3"  # of which the import says nothing


@pytest.mark.parametrize(("present", "severity"), [(0, "problem"), (7, "problem"), (20, "warning")])
def test_balance(tmp_path: Path, present: int, severity: str) -> None:
    photos = Photos()
    photos.label[:] = np.arange(len(photos.label)) % len(photos.label) < present
    assert found(survey([photos.write(tmp_path / "w")]), "label-balance").severity == severity


def _smaller_and_back(image: Images) -> Images:
    """As a copy of a photograph in another size comes out when it is imported."""
    large = Image.fromarray(image).resize((2 * image.shape[1], 2 * image.shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(large.resize(image.shape[1::-1], Image.Resampling.LANCZOS))


@pytest.mark.parametrize(
    "again",
    [
        lambda image: image,
        _smaller_and_back,
        lambda image: np.clip(image * 1.03 + 2, 0, 255).astype(np.uint8),
    ],
)
def test_copies(tmp_path: Path, again: Callable[[Images], Images]) -> None:
    photos = Photos()
    photos.images[50] = again(photos.images[4])  # the same label
    photos.images[61] = again(photos.images[8])  # another one
    result = survey([photos.write(tmp_path / "w")])
    torn, copies = found(result, "copies-across-labels"), found(result, "copies")
    assert torn.severity == "problem" and torn.examples == ((8, 61),)
    assert torn.where == ("image 8 of scene 0, labelled 0, and image 13 of scene 2, labelled 1",)
    assert copies.severity == "note" and copies.examples == ((4, 50),)


def test_the_object_alone_makes_no_copy(tmp_path: Path) -> None:
    photos = Photos()
    photos.images[1] = photos.images[0].copy()
    photos.images[1][30:36, 30:36] = 250 - photos.images[1][30:36, 30:36]
    assert survey([photos.write(tmp_path / "w")]).findings == []


def _resized(factor: int, how: Image.Resampling) -> Callable[[Images], Images]:
    def change(image: Images) -> Images:
        height, width = image.shape[:2]
        small = Image.fromarray(image).resize((width // factor, height // factor), Image.Resampling.BOX)
        return np.asarray(small.resize((width, height), how))

    return change


@pytest.mark.parametrize(
    ("change", "code", "severity"),
    [
        (lambda image: np.full_like(image, 90), "blank", "problem"),
        (lambda image: image // 12, "dark", "warning"),
        (lambda image: np.minimum(image.astype(int) * 6, 255).astype(np.uint8), "overexposed", "warning"),
        (_resized(2, Image.Resampling.BILINEAR), "soft", "warning"),
        (_resized(4, Image.Resampling.BICUBIC), "soft", "warning"),
        (_resized(2, Image.Resampling.NEAREST), "enlarged", "warning"),
        (_resized(4, Image.Resampling.NEAREST), "enlarged", "warning"),
    ],
)
def test_pictures(tmp_path: Path, change: Callable[[Images], Images], code: str, severity: str) -> None:
    photos = Photos()
    photos.change([30], change)
    result = survey([photos.write(tmp_path / "w")])
    one = found(result, code)
    assert one.severity == severity and one.examples == ((30,),) and one.count == 1
    assert one.where == (f"image 6 of scene 1, labelled {photos.label[30]}",)


def test_dark_everywhere(tmp_path: Path) -> None:
    photos = Photos()
    photos.change(slice(None), lambda image: image // 12)
    assert found(survey([photos.write(tmp_path / "w")]), "dark").severity == "problem"


def _rotated(quarters: int) -> Callable[[Images], Images]:
    """Counter-clockwise."""

    def change(image: Images) -> Images:
        return np.asarray(Image.fromarray(np.rot90(image, quarters)).resize(image.shape[1::-1]))

    return change


def _with_an_arm(frames: Frames) -> Frames:
    """A robot in every picture, which comes from below, moves, and has stronger edges than all else."""
    stripes = np.where(np.arange(16) // 2 % 2, 230, 20)[None, :, None]
    for row, image in enumerate(frames.images):
        left = int(24 + 9 * np.sin(row / 4))
        image[30:, left : left + 16] = stripes
    return frames


ALIKE = pytest.mark.parametrize("change", [lambda image: image, lambda image: image[:, ::-1]])
TURNED = pytest.mark.parametrize(
    ("change", "words"),
    [
        (_rotated(1), "turned by a quarter, counter-clockwise"),
        (_rotated(2), "turned upside down"),
        (_rotated(3), "turned by a quarter, clockwise"),
        (lambda image: image[::-1], "turned upside down"),
    ],
)
ARM = pytest.mark.parametrize(
    "demonstrations", [Frames, lambda: _with_an_arm(Frames())], ids=["alone", "arm"]
)


@ARM
@ALIKE
def test_the_same_view(
    tmp_path: Path, demonstrations: Callable[[], Frames], change: Callable[[Images], Images]
) -> None:
    photos = Photos()
    photos.change(slice(None), change)
    result = survey([demonstrations().write(tmp_path / "d"), photos.write(tmp_path / "w")])
    assert "view" not in [each.code for each in result.findings]


@ARM
@TURNED
def test_pictures_that_are_turned(
    tmp_path: Path, demonstrations: Callable[[], Frames], change: Callable[[Images], Images], words: str
) -> None:
    photos = Photos()
    photos.change(slice(None), change)
    view = found(survey([demonstrations().write(tmp_path / "d"), photos.write(tmp_path / "w")]), "view")
    assert view.severity == "warning" and words in view.what and view.examples


def test_another_view(tmp_path: Path) -> None:
    photos = Photos()
    photos.change(slice(None), lambda image: np.roll(image[::-1], -20, 0))
    view = found(survey([Frames().write(tmp_path / "d"), photos.write(tmp_path / "w")]), "view")
    assert view.severity == "warning" and "doubtful" in view.what and view.examples


def test_a_scene_of_another_view(tmp_path: Path) -> None:
    photos = Photos()
    photos.change(slice(PER_SCENE, 2 * PER_SCENE), lambda image: image[::-1])
    view = found(survey([Frames().write(tmp_path / "d"), photos.write(tmp_path / "w")]), "view")
    assert view.count == 1 and view.where[0].startswith("scene 1") and "walls and things" in view.what


def test_grey_photographs_beside_colourful_demonstrations(tmp_path: Path) -> None:
    photos = Photos()
    photos.change(slice(None), lambda image: np.repeat(image.mean(2, keepdims=True), 3, 2).astype(np.uint8))
    result = survey([Frames().write(tmp_path / "d"), photos.write(tmp_path / "w")])
    coverage = [each for each in result.findings if each.code == "coverage"]
    assert "less colourfulness" in coverage[0].what


def test_other_sizes(tmp_path: Path) -> None:
    photos = Photos()
    photos.change(slice(None), lambda image: image[4:-4])
    result = survey([Frames().write(tmp_path / "d"), photos.write(tmp_path / "w")])
    assert "64x48 pixels, demonstrations 64x56" in found(result, "sizes").what


def test_other_tasks(tmp_path: Path) -> None:
    write_demonstrations(tmp_path / "d")
    manifest, folders = write_weak(tmp_path / "w"), [tmp_path / "d", tmp_path / "w"]
    assert "tasks" not in [each.code for each in survey(folders).findings]
    replace(manifest, request=replace(manifest.request, task="striker")).write(tmp_path / "w")
    two = found(survey(folders), "tasks")
    assert two.severity == "problem" and "'striker', demonstrations of 'pusher'" in two.what


def test_damage_is_told_and_the_rest_is_measured(tmp_path: Path) -> None:
    folder = Photos().write(tmp_path / "w")
    (folder / "weak-1.parquet").write_bytes(b"PAR1")
    result = survey([folder])
    assert {each.code for each in result.findings if each.severity == "problem"} == {"integrity"}
    assert result.data["weak"].left_out == ("weak-1.parquet",) and len(result.data["weak"]) == 48
    (folder / "weak-0.parquet").write_bytes(b"PAR1")
    nothing = survey([folder])
    assert nothing.data == {} and "No shard" in nothing.findings[-1].what


def test_bad_pairs(tmp_path: Path) -> None:
    folder = Photos().write(tmp_path / "w")
    with pytest.raises(UserError, match="both hold weak data"):
        survey([folder, folder])
    with pytest.raises(UserError, match="does not exist"):
        survey([folder, tmp_path / "nowhere"])
