"""ROS 2 messages as arrays: fields of sensor_msgs/Image and sensor_msgs/JointState in, numpy out. Needs no ROS."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

CHANNELS = {"rgb8": (0, 1, 2), "bgr8": (2, 1, 0), "rgba8": (0, 1, 2), "bgra8": (2, 1, 0), "mono8": (0, 0, 0)}
"""Encodings that are understood, and where red, green and blue are in a pixel."""
_BYTES = {"rgba8": 4, "bgra8": 4, "mono8": 1}


def image_array(
    encoding: str, height: int, width: int, step: int, data: bytes | Sequence[int]
) -> npt.NDArray[np.uint8]:
    """The picture ``(height, width, 3)``, RGB, of a sensor_msgs/Image with these fields.

    Raises:
        ValueError: another encoding, or fields that do not fit each other.
    """
    if encoding not in CHANNELS:
        raise ValueError(f"pictures of encoding {encoding!r} are not understood, only {', '.join(CHANNELS)}")
    size = _BYTES.get(encoding, 3)
    pixels = np.frombuffer(bytes(data), np.uint8)
    if height < 1 or width < 1 or step < width * size or len(pixels) != height * step:
        raise ValueError(
            f"{len(pixels)} bytes are no {width}x{height} picture of {encoding} with rows of {step}"
        )
    # A row may be padded.
    rows = pixels.reshape(height, step)[:, : width * size].reshape(height, width, size)
    return np.ascontiguousarray(rows[:, :, CHANNELS[encoding]])


def joint_array(
    joints: Sequence[str], name: Sequence[str], position: Sequence[float], velocity: Sequence[float]
) -> npt.NDArray[np.float32]:
    """Positions, then velocities, ``(2 * len(joints),)`` of these joints in this order, whatever order the fields of
    the sensor_msgs/JointState have.

    Raises:
        ValueError: a joint is missing, or has no position or velocity.
    """
    missing = set(joints) - set(name)
    if missing:
        raise ValueError(f"the joint state has no {', '.join(sorted(missing))}")
    if not len(name) == len(position) == len(velocity):
        raise ValueError(f"{len(name)} joints have {len(position)} positions and {len(velocity)} velocities")
    order = [list(name).index(joint) for joint in joints]
    numbers = [values[i] for values in (position, velocity) for i in order]
    return np.array(numbers, np.float32)


def monotonic_s(stamp_ns: int, ros_now_ns: int, monotonic_now_s: float) -> float:
    """A ROS time stamp on the clock of the control loop, seconds: as long before now as on ROS's clock."""
    return monotonic_now_s - (ros_now_ns - stamp_ns) / 1e9
