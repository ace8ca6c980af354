import copy
from collections.abc import Callable

import numpy as np
import pytest
from policies import RandomPolicy
from synthetic import PROVENANCE

from gplac.data.dataset import Demonstrations
from gplac.evaluation import inspection
from gplac.evaluation.drawing import View
from gplac.evaluation.inspection import inspect
from gplac.evaluation.policies import Float32, Images
from gplac.evaluation.result import Training, check
from gplac.evaluation.samples import Frames, WeakSample
from gplac.seeding import rng
from gplac.worlds.registry import task
from gplac.worlds.render import SceneRenderer

VIEW = View("pusher", 40, 36)
TRAINING = Training("gplac", "smoke", 0, 100, 1, 1.0, 1.0, 1)


class BrightestPixel:
    """One channel looks at the brightest pixel, one at the middle; action and class come from the first."""

    def points(self, images: Images) -> Float32:
        height, width = images.shape[1:3]
        flat = images.sum(axis=3, dtype=np.int64).reshape(len(images), -1).argmax(axis=1)
        brightest = np.stack([flat % width / (width - 1), flat // width / (height - 1)], axis=1) - 0.5
        return np.stack([brightest, np.zeros_like(brightest)], axis=1).astype(np.float32)

    def pixels(self, images: Images) -> Float32:
        return (self.points(images) + 0.5) * np.float32([images.shape[2] - 1, images.shape[1] - 1])

    def maps(self, images: Images) -> Float32:
        return np.full((len(images), 2, 4, 4), 1 / 16, np.float32)

    def act_from(self, points: Float32, states: Float32) -> Float32:
        return np.repeat(points[:, :1, 0] * 2, 7, axis=1) + states[:, :7]

    def classify(self, images: Images) -> Float32:
        return self.classify_from(self.points(images))

    def classify_from(self, points: Float32) -> Float32:
        return 0.5 + points[:, 0, 0]

    def __call__(self, images: Images, states: Float32) -> Float32:
        return self.act_from(self.points(images), states)


@pytest.fixture(scope="module")
def demonstrations() -> Demonstrations:
    pusher, generator = task("pusher"), rng("inspection test")
    qpos = np.stack([pusher.reset(generator)[0] for _ in range(40)])
    return Demonstrations(
        np.zeros((40, 36, 40, 3), np.uint8),
        states=generator.normal(size=(40, 17)).astype(np.float32),
        actions=generator.normal(1.0, np.linspace(0.5, 3.0, 7), (40, 7)).astype(np.float32),
        episode=np.zeros(40, np.int64),
        frame=np.arange(40) * 2,
        scene=np.zeros(40, np.int64),
        qpos=qpos,
        task="pusher",
    )


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, count in {"LABELLED_FRAMES": 24, "UNSEEN_FRAMES": 8, "WEAK_IMAGES": 4}.items():
        monkeypatch.setattr(inspection, name, count)


def test_a_policy_with_everything_gets_every_instrument(demonstrations: Demonstrations) -> None:
    found = inspect(BrightestPixel(), VIEW, "validation", 2, demonstrations, TRAINING, PROVENANCE)
    check(found, "inspection", "it")
    assert found["frames"] == {"labelled": 24, "unseen": 16}
    assert {
        "probe",
        "points_on_object",
        "map_entropy",
        "classifier",
        "channels",
        "domains_told_apart",
    } <= set(found)
    for share in found["points_on_object"].values():
        # One of the two channels never moves.
        assert share["chance"] < share["best_fixed"] <= 1 and share["by_channel"][1] <= share["best_fixed"]
    assert found["map_entropy"]["unseen"]["mean"] == pytest.approx(1)
    assert found["channels"]["overlap"] == pytest.approx(1)
    assert found["channels"]["policy_uses"] == pytest.approx(1)
    assert found["channels"]["policy"][1] == 0
    assert found["sensitivity"]["angles"] > 0.5
    assert found["sensitivity"]["image"] > 0.1
    assert found["sensitivity"]["velocities"] == found["sensitivity"]["hand"] == 0
    assert [row["images"] for row in found["classifier"]["per_scene"]] == [4, 4]


def test_a_policy_that_only_acts_gets_what_it_allows(demonstrations: Demonstrations) -> None:
    found = inspect(RandomPolicy(), VIEW, "validation", 1, demonstrations, TRAINING, PROVENANCE)
    check(found, "inspection", "it")
    assert "probe" not in found and "domains_told_apart" not in found
    assert found["sensitivity"]["image"] == 0
    assert found["action_error"]["labelled"]["mean"] > 1


def test_always_answering_the_mean_of_the_demonstrations_has_error_one(
    demonstrations: Demonstrations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "LABELLED_FRAMES", 40)  # all of them
    mean = demonstrations.actions.mean(axis=0)

    def answer(images: Images, states: Float32) -> Float32:
        return np.repeat(mean[None], len(images), axis=0)

    found = inspect(answer, VIEW, "validation", 1, demonstrations, TRAINING, PROVENANCE)
    assert found["action_error"]["labelled"]["mean"] == pytest.approx(1, abs=1e-5)


class SettledAtHome(BrightestPixel):
    """Its points are at one place in every picture of the labelled scene."""

    def __init__(self, home: Images) -> None:
        self._home = {image.tobytes() for image in home}

    def points(self, images: Images) -> Float32:
        points = super().points(images)
        points[[image.tobytes() in self._home for image in images]] = 0.4
        return points


def test_the_labelled_scene_is_told_from_weak_images_and_unseen_frames_show_what_counts(
    demonstrations: Demonstrations,
) -> None:
    policy = SettledAtHome(Frames.draw(VIEW, "labelled", 1, demonstrations, 24).images)
    found = inspect(policy, VIEW, "validation", 2, demonstrations, TRAINING, PROVENANCE)
    # All points of the labelled scene's frames coincide; those of unseen frames and of weak images mix.
    assert found["domains_told_apart"] == 1
    # Twice the first point's x is in every number of the action, whose errors count by the demonstrations' variance.
    unit = (1 / demonstrations.actions.astype(np.float64).var(axis=0)).mean()
    x = policy.points(Frames.draw(VIEW, "validation", 2, demonstrations, 8).images)[:, 0, 0]
    other = x[rng("shuffled", "image").permutation(len(x))]
    assert found["sensitivity"]["image"] == pytest.approx(4 * ((other - x) ** 2).mean() * unit, rel=1e-5)
    assert found["channels"]["policy"] == pytest.approx([4 * x.var() * unit, 0], rel=1e-5)


class NoClassifier(BrightestPixel):
    """What ATT-DA and ATT-AE leave: weak images were seen, and no label asked for."""

    def classify(self, images: Images) -> Float32:
        raise TypeError("this network has no classifier")


def test_its_progress_is_told_to_the_end(demonstrations: Demonstrations) -> None:
    told: dict[str, list[tuple[float, float]]] = {}

    def part(name: str) -> Callable[[float, float], None]:
        return lambda done, total: told.setdefault(name, []).append((done, total))

    inspect(BrightestPixel(), VIEW, "validation", 2, demonstrations, TRAINING, PROVENANCE, part)
    assert list(told) == ["labelled scene", "validation scenes", "weak images"]
    for steps in told.values():
        total = steps[-1][1]
        assert steps == [(done + 1, total) for done in range(int(total))]


def test_weak_images_without_labels_leave_no_classifier_to_inspect(demonstrations: Demonstrations) -> None:
    found = inspect(NoClassifier(), VIEW, "validation", 1, demonstrations, TRAINING, PROVENANCE)
    check(found, "inspection", "inspection")
    assert "probe" in found and "domains_told_apart" in found
    assert "classifier" not in found and "channels" not in found


def test_frames_show_the_same_moments_in_other_looks(demonstrations: Demonstrations) -> None:
    frames = Frames.draw(VIEW, "validation", 2, demonstrations, 3)
    assert frames.images.shape == (6, 36, 40, 3)
    assert frames.scene.tolist() == [0, 0, 0, 1, 1, 1]
    rows = [np.flatnonzero((demonstrations.states == state).all(axis=1))[0] for state in frames.states]
    assert demonstrations.frame[rows].tolist() == frames.step.tolist()
    # The mug is to the left in the picture exactly if it is to the left on the table: the camera does not move.
    across = demonstrations.qpos[rows, 8]
    seen = frames.visible
    assert abs(np.corrcoef(across[seen], frames.object_position[seen, 0])[0, 1]) > 0.8


def test_weak_images_are_half_and_half() -> None:
    weak = WeakSample.draw(VIEW, "validation", 2, 4)
    assert weak.present.tolist() == [True, False] * 4
    assert weak.scene.tolist() == [0] * 4 + [1] * 4
    assert not np.array_equal(weak.images[0], weak.images[1])


def test_weak_images_show_the_object_where_they_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    draw = SceneRenderer.weak

    def looked_at(renderer: SceneRenderer, generator: np.random.Generator, present: bool) -> Images:
        seen.append(bool(renderer.weak_mask(copy.deepcopy(generator), present).any()))
        return draw(renderer, generator, present)

    monkeypatch.setattr(SceneRenderer, "weak", looked_at)
    assert WeakSample.draw(VIEW, "validation", 2, 4).present.tolist() == seen


def test_unseen_pictures_are_of_the_split_and_accuracy_is_of_their_labels(
    demonstrations: Demonstrations,
) -> None:
    weak, seen = WeakSample.draw(VIEW, "validation", 2, 4), set()
    there = {image.tobytes() for image in weak.images[weak.present]}

    class Knowing(BrightestPixel):
        def classify(self, images: Images) -> Float32:
            return np.float32([image.tobytes() in there for image in images])

        def __call__(self, images: Images, states: Float32) -> Float32:
            seen.update(image.tobytes() for image in images)
            return super().__call__(images, states)

    found = inspect(Knowing(), VIEW, "validation", 2, demonstrations, TRAINING, PROVENANCE)
    assert found["classifier"]["accuracy"] == 1.0
    frames = Frames.draw(VIEW, "validation", 2, demonstrations, 8)
    assert {image.tobytes() for image in frames.images} <= seen
