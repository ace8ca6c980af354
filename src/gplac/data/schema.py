"""Columns of the shards. Names are LeRobot's where it has one, so that its users find their way."""

import pyarrow as pa

IMAGE = "observation.image"
STATE = "observation.state"
ACTION = "action"
EPISODE = "episode_index"
FRAME = "frame_index"
TIMESTAMP = "timestamp"
INDEX = "index"
SCENE = "scene_index"
QPOS = "diagnostic.qpos"
SEEN_AT = "diagnostic.seen_at"

WEAK_IMAGE = "image"
WEAK_INDEX = "image_index"
LABEL = "label"
SOURCE = "source"


def demonstration_schema(
    state_size: int, action_size: int, qpos_size: int | None, *, seen: bool = True
) -> pa.Schema:
    """A row for each frame: the picture and the robot's state *before* the action, and the action.

    The image is JPEG of quality 95 without chroma subsampling. ``timestamp`` is in seconds since the start of the
    episode, ``frame_index`` counts from 0 in each episode, ``index`` over the whole data set, ``scene_index`` within
    the split. ``diagnostic.qpos`` tells where everything really was, for instruments, and ``diagnostic.seen_at`` where
    in the picture the object of interest stands, for the one method that may know it (ATT-PO; `SceneRenderer.seen_at`).
    Data of a user's own robot have no such columns (``qpos_size`` None), those drawn before it was kept no
    ``diagnostic.seen_at`` (``seen`` False).
    """
    return pa.schema(
        [
            pa.field(IMAGE, pa.binary(), nullable=False),
            pa.field(STATE, pa.list_(pa.float32(), state_size), nullable=False),
            pa.field(ACTION, pa.list_(pa.float32(), action_size), nullable=False),
            pa.field(EPISODE, pa.int64(), nullable=False),
            pa.field(FRAME, pa.int64(), nullable=False),
            pa.field(TIMESTAMP, pa.float32(), nullable=False),
            pa.field(INDEX, pa.int64(), nullable=False),
            pa.field(SCENE, pa.int64(), nullable=False),
            *_known(qpos_size, seen),
        ]
    )


def weak_schema(qpos_size: int | None = None, *, seen: bool = True, sourced: bool = False) -> pa.Schema:
    """A row for each image: JPEG as above, 1 if the object of interest is in it or 0, scene, number in the scene.

    ``diagnostic.qpos`` and ``diagnostic.seen_at`` as above; where the object of interest is left out, they tell where
    it would stand. Photographs have no such columns (``qpos_size`` None), but, if ``sourced``, one with the file that
    each was made of; those imported before it was kept have none.
    """
    return pa.schema(
        [
            pa.field(WEAK_IMAGE, pa.binary(), nullable=False),
            pa.field(LABEL, pa.uint8(), nullable=False),
            pa.field(SCENE, pa.int64(), nullable=False),
            pa.field(WEAK_INDEX, pa.int64(), nullable=False),
            *_known(qpos_size, seen),
            *([pa.field(SOURCE, pa.string(), nullable=False)] if sourced else []),
        ]
    )


def _known(qpos_size: int | None, seen: bool) -> list[pa.Field]:
    sizes = {} if qpos_size is None else {QPOS: qpos_size} | ({SEEN_AT: 2} if seen else {})
    return [pa.field(name, pa.list_(pa.float64(), size), nullable=False) for name, size in sizes.items()]


def image_column(kind: str) -> str:
    """The column of a kind of data set ("demonstrations" or "weak") that holds its pictures."""
    return IMAGE if kind == "demonstrations" else WEAK_IMAGE
