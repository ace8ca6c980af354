"""The conversions of the ROS 2 example, which need no ROS; the node itself is only parsed."""

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "ros2"


@pytest.fixture(scope="module")
def conversion() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ros2_conversion", EXAMPLE / "conversion.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("encoding", "pixel", "rgb"),
    [
        ("rgb8", (1, 2, 3), (1, 2, 3)),
        ("bgr8", (1, 2, 3), (3, 2, 1)),
        ("rgba8", (1, 2, 3, 9), (1, 2, 3)),
        ("bgra8", (1, 2, 3, 9), (3, 2, 1)),
        ("mono8", (7,), (7, 7, 7)),
    ],
)
@pytest.mark.parametrize("padding", [0, 3])
def test_a_picture_has_its_colours_in_order(
    conversion: ModuleType, encoding: str, pixel: tuple[int, ...], rgb: tuple[int, ...], padding: int
) -> None:
    row = bytes(pixel) * 4 + b"\xff" * padding
    found = conversion.image_array(encoding, 2, 4, len(row), row * 2)
    assert found.shape == (2, 4, 3) and found.dtype == np.uint8 and found.flags.c_contiguous
    assert (found == rgb).all()
    assert (conversion.image_array(encoding, 2, 4, len(row), list(row * 2)) == found).all()


def test_rows_and_columns_are_not_exchanged(conversion: ModuleType) -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert (conversion.image_array("rgb8", 2, 4, 12, pixels.tobytes()) == pixels).all()


@pytest.mark.parametrize(
    "fields",
    [("yuv422", 2, 4, 12, 24), ("rgb8", 2, 4, 12, 23), ("rgb8", 2, 4, 11, 22), ("rgb8", 0, 4, 12, 0)],
)
def test_fields_that_do_not_fit_are_refused(
    conversion: ModuleType, fields: tuple[str, int, int, int, int]
) -> None:
    with pytest.raises(ValueError, match="not understood|are no"):
        conversion.image_array(*fields[:4], bytes(fields[4]))


def test_joints_come_in_the_order_asked_for(conversion: ModuleType) -> None:
    found = conversion.joint_array(["a", "b"], ["b", "gripper", "a"], [1.0, 5.0, 2.0], [0.1, 0.5, 0.2])
    assert found == pytest.approx([2.0, 1.0, 0.2, 0.1]) and found.dtype == np.float32
    with pytest.raises(ValueError, match="has no c"):
        conversion.joint_array(["c"], ["a"], [1.0], [1.0])
    with pytest.raises(ValueError, match="0 velocities"):
        conversion.joint_array(["a"], ["a"], [1.0], [])


def test_stamps_move_to_the_loops_clock(conversion: ModuleType) -> None:
    assert conversion.monotonic_s(
        1_700_000_000_000_000_000, 1_700_000_000_250_000_000, 50.0
    ) == pytest.approx(49.75)


def test_the_node_is_python() -> None:
    tree = ast.parse((EXAMPLE / "ros2_robot.py").read_text())
    node = next(each for each in tree.body if isinstance(each, ast.ClassDef))
    methods = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    assert methods >= {"observe", "send", "stop"}
