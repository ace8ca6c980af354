"""What a policy refuses: other pictures, other states, other files."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from exported import HEIGHT, STATE, WIDTH
from PIL import Image

from gplac.data.importers.pictures import Fit
from gplac.errors import UserError
from gplac.robot import Policy
from gplac.robot.card import Card, write_card
from gplac.robot.policy import cropped


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        (np.zeros((HEIGHT, WIDTH, 3), np.float32), "uint8"),
        (np.zeros((1, HEIGHT, WIDTH, 3), np.uint8), "picture by picture"),
        (np.zeros((HEIGHT, WIDTH), np.uint8), r"\(H, W, 3\)"),
        (np.zeros((HEIGHT, WIDTH, 4), np.uint8), r"\(H, W, 3\)"),
        (np.zeros((0, WIDTH, 3), np.uint8), r"\(H, W, 3\)"),
        (np.zeros((HEIGHT + 1, WIDTH, 3), np.uint8), "20x16 pixels and was given one of 20x17"),
        ([[[0, 0, 0]]], "numpy array"),
    ],
)
def test_a_wrong_picture_is_refused(policy: Policy, state: np.ndarray, wrong: np.ndarray, part: str) -> None:
    with pytest.raises(UserError, match=part):
        policy.act(wrong, state)


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        (np.zeros(STATE + 1), "5 numbers"),
        (np.zeros((1, STATE)), "5 numbers"),
        (np.array(["a"] * STATE), "numbers"),
        ([[1, 2], [3]], "5 numbers in a row, .* not rows of different lengths"),
        (np.array([0, 0, np.nan, 0, 0]), r"Number 3 \(joint 2\) of the state is nan"),
        (np.array([0, 0, 0, np.inf, 0]), "Number 4"),
        (np.array([0, 0, 0, 1e39, 0]), "Number 4"),  # not finite in float32
    ],
)
def test_a_wrong_state_is_refused(policy: Policy, image: np.ndarray, wrong: np.ndarray, part: str) -> None:
    with pytest.raises(UserError, match=part):
        policy.act(image, wrong)


def test_states_may_be_lists_and_doubles_and_pictures_any_view(
    policy: Policy, image: np.ndarray, state: np.ndarray
) -> None:
    expected = policy.act(image, state)
    assert policy.act(image, state.astype(np.float64)) == pytest.approx(expected)
    assert policy.act(np.asfortranarray(image), state.tolist()) == pytest.approx(expected)


@pytest.mark.parametrize("size", [(60, 48), (48, 60), (96, 32)])
def test_on_request_a_picture_is_fitted_as_at_import(
    policy_file: Path, state: np.ndarray, size: tuple[int, int]
) -> None:
    width, height = size
    picture = np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)
    imported = Fit(WIDTH, HEIGHT).array(Image.fromarray(picture))
    policy = Policy.load(policy_file, resize=True)
    assert policy.act(picture, state).tolist() == policy.act(imported, state).tolist()


@pytest.mark.parametrize(
    ("size", "part"),
    [
        ((WIDTH, HEIGHT), None),
        ((60, 48), None),
        ((60, 49), None),  # less than a pixel of the policy's
        ((48, 60), "top and bottom are cut off"),
        ((96, 32), "left and right are cut off"),
    ],
)
def test_what_a_fitted_picture_loses_is_said(policy: Policy, size: tuple[int, int], part: str | None) -> None:
    found = cropped(np.zeros((size[1], size[0], 3), np.uint8), policy.card)
    assert (found is None) == (part is None) and (part or "") in (found or "")


def test_what_is_no_policy_is_refused(policy_file: Path, tmp_path: Path) -> None:
    def refused(content: bytes, part: str) -> None:
        path = tmp_path / "policy.onnx"
        path.write_bytes(content)
        with pytest.raises(UserError, match=part):
            Policy.load(path)

    with pytest.raises(UserError, match="No such file"):
        Policy.load(tmp_path / "nothing.onnx")
    with pytest.raises(UserError, match="Is a directory"):
        Policy.load(tmp_path)
    content = policy_file.read_bytes()
    refused(b"", "not one of gplac's")
    refused(b"not a model at all", "no ONNX file")
    refused(content[: len(content) // 2], "damaged")

    model = onnx.load(policy_file)
    del model.metadata_props[:]
    refused(model.SerializeToString(), "not one of gplac's")


def test_altered_weights_and_descriptions_are_noticed(policy_file: Path) -> None:
    card = Policy.load(policy_file).card
    model = onnx.load(policy_file)
    weights = next(each for each in model.graph.initializer if list(each.dims) == [64, 3, 3, 3])
    altered = onnx.numpy_helper.to_array(weights).copy()
    altered.flat[7] += 1e-3
    weights.CopyFrom(onnx.numpy_helper.from_array(altered, weights.name))
    with pytest.raises(UserError, match="weights are not those"):
        Policy(model.SerializeToString())

    model = onnx.load(policy_file)
    for wrong, part in (
        (replace(card, height=99), "promises"),
        (replace(card, height=-1), "height is -1"),
        (replace(card, action_std=(1.0,)), "action_std"),
    ):
        write_card(model, wrong)
        with pytest.raises(UserError, match=part):
            Policy(model.SerializeToString())


def test_a_card_survives_json(policy: Policy) -> None:
    assert Card.from_json(policy.card.to_json(), "here") == policy.card
    for text in ("", "[]", "{}", '{"format": 1}', '{"format": 99}'):
        with pytest.raises(UserError, match="here"):
            Card.from_json(text, "here")


def test_threads_have_to_be_some(policy_file: Path) -> None:
    with pytest.raises(UserError, match="thread"):
        Policy.load(policy_file, threads=0)


def test_a_robot_with_a_file_needs_few_packages() -> None:
    """What the robot's computer has not got: PyTorch, MuJoCo, and what connections are made with."""
    absent = "torch", "mujoco", "pyarrow", "websockets", "msgpack"
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({absent}));"
        "from gplac.robot import Observation, Policy, run;"
        "from gplac.robot import trials"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
