import numpy as np
import numpy.typing as npt
import pytest
import torch
from tiny import Frames, Photographs

from gplac.errors import UserError
from gplac.training.batches import (
    AHEAD,
    Ahead,
    LabelledBatches,
    VideoBatches,
    WeakBatches,
    normalised_positions,
)

CPU = torch.device("cpu")


def test_a_batch_depends_on_seed_and_step_alone(demonstrations: Frames, weak: Photographs) -> None:
    for kind, frames in ((LabelledBatches, demonstrations), (WeakBatches, weak)):
        first, second = kind(frames, 8, 0, CPU), kind(frames, 8, 0, CPU)
        for step in (5, 0):
            assert np.array_equal(first.indices(step), second.indices(step))
        assert not np.array_equal(first.indices(0), first.indices(1))
        assert not np.array_equal(first.indices(0), kind(frames, 8, 1, CPU).indices(0))


def test_batches_chosen_ahead_are_those_of_their_steps_in_any_order() -> None:
    asked: list[int] = []

    def indices(step: int) -> npt.NDArray[np.int64]:
        asked.append(step)
        return np.array([step, -step])

    chosen = Ahead(indices, CPU)
    for step in (0, 1, AHEAD - 1, AHEAD, 5 * AHEAD + 3, -1, -AHEAD, -AHEAD - 1, 2):
        assert chosen(step).tolist() == [step, -step]
    asked.clear()
    for step in range(AHEAD):
        chosen(step)
    assert not asked  # the table of step 2 has them all: the host is not asked again


def test_labelled_frames_are_equally_likely(demonstrations: Frames) -> None:
    batches = LabelledBatches(demonstrations, 400, 0, CPU)
    counts = np.bincount(np.concatenate([batches.indices(step) for step in range(20)]), minlength=40)
    assert counts.min() > 130 and counts.max() < 280  # 200 on average


def test_labelled_batches_keep_image_state_and_action_together(demonstrations: Frames) -> None:
    batches = LabelledBatches(demonstrations, 8, 0, CPU)
    chosen = batches.indices(3)
    for found, wanted in zip(
        batches(3), (demonstrations.images, demonstrations.states, demonstrations.actions), strict=True
    ):
        assert np.array_equal(found.numpy(), wanted[chosen])


def test_pictures_stay_on_the_device_in_eight_bits(demonstrations: Frames, weak: Photographs) -> None:
    batches = LabelledBatches(demonstrations, 8, 0, CPU), WeakBatches(weak, 8, 0, CPU)
    for each, whole in zip(batches, (demonstrations, weak), strict=True):
        assert each.images_NHW3.dtype == each(0)[0].dtype == torch.uint8
        assert each.images_NHW3.nbytes == whole.images.nbytes


@pytest.mark.parametrize("size", [8, 7])
def test_half_of_a_weak_batch_shows_the_object(weak: Photographs, size: int) -> None:
    batches = WeakBatches(weak, size, 0, CPU)
    images, labels = batches(0)
    assert images.shape[0] == size
    assert labels.sum() == (size + 1) // 2
    assert np.array_equal(weak.labels[batches.indices(0)], labels.numpy())
    assert np.array_equal(images.numpy(), weak.images[batches.indices(0)])


def test_weak_images_of_one_kind_are_refused(weak: Photographs) -> None:
    with pytest.raises(UserError, match="needs both"):
        WeakBatches(Photographs(weak.images, np.ones_like(weak.labels), weak.scene), 8, 0, CPU)
    none = Photographs(weak.images[:0], weak.labels[:0], weak.scene[:0])
    with pytest.raises(UserError, match="0 show"):
        WeakBatches(none, 8, 0, CPU, classified=False)


@pytest.mark.parametrize("label", [0, 1])
def test_without_a_classifier_weak_images_may_be_of_one_kind(weak: Photographs, label: int) -> None:
    same = Photographs(weak.images, np.full_like(weak.labels, label), weak.scene)
    images, labels = WeakBatches(same, 7, 0, CPU, classified=False)(3)
    assert images.shape[0] == 7 and labels.tolist() == [label] * 7


def test_weak_images_of_both_kinds_are_drawn_alike_with_and_without_a_classifier(weak: Photographs) -> None:
    one, other = (WeakBatches(weak, 7, 0, CPU, classified=classified) for classified in (True, False))
    assert np.array_equal(one.indices(5), other.indices(5))


def test_video_is_three_frames_in_a_row_of_one_episode(demonstrations: Frames) -> None:
    frames = LabelledBatches(demonstrations, 8, 0, CPU)
    batches = VideoBatches(frames.images_NHW3, demonstrations.episode, demonstrations.frame, 600, 0)
    chosen = batches.indices(5)
    assert chosen.shape == (200, 3)
    assert (np.diff(demonstrations.episode[chosen], axis=1) == 0).all()
    assert (np.diff(demonstrations.frame[chosen], axis=1) == 1).all()
    assert set(chosen[:, 0]) == {start for start in range(40) if start % 10 < 8}  # every three there is
    assert np.array_equal(batches(5).numpy(), demonstrations.images[chosen])
    again = VideoBatches(frames.images_NHW3, demonstrations.episode, demonstrations.frame, 600, 0)
    assert np.array_equal(again.indices(5), chosen)
    assert not np.array_equal(batches.indices(6), chosen)
    other = VideoBatches(frames.images_NHW3, demonstrations.episode, demonstrations.frame, 600, 1)
    assert not np.array_equal(other.indices(5), chosen)


def test_video_leaves_out_gaps(demonstrations: Frames) -> None:
    images = LabelledBatches(demonstrations, 8, 0, CPU).images_NHW3
    frame = np.array([0, 1, 2, 4, 5, 7, 8, 9, 0, 1])
    assert VideoBatches(images, np.zeros(10, np.int64), frame, 3, 0).starts.tolist() == [0, 5]


def test_positions_belong_to_their_pictures_by_the_demonstrations_mean_and_deviation(
    demonstrations: Frames, weak: Photographs
) -> None:
    told, weak_told = normalised_positions(demonstrations, weak, "att-po")
    assert told.std(axis=0) == pytest.approx(1.0, abs=1e-5)
    known = demonstrations.object_positions
    for kind, frames, given in ((LabelledBatches, demonstrations, told), (WeakBatches, weak, weak_told)):
        batches = kind(frames, 8, 0, CPU, given)
        normal = (frames.object_positions - known.mean(axis=0)) / known.std(axis=0)
        assert batches.positions(3).numpy() == pytest.approx(normal[batches.indices(3)], abs=1e-5)
        with pytest.raises(TypeError, match="without object positions"):
            kind(frames, 8, 0, CPU).positions(3)
