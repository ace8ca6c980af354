"""A policy's convolutions in 8 bits, with ranges taken from demonstrations (ONNX Runtime's static quantisation)."""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

CALIBRATION_FRAMES = 100


class _Frames(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, images: npt.NDArray[np.uint8], states: int) -> None:
        self._inputs = self._all(images, states)

    def get_next(self) -> dict[str, npt.NDArray[np.generic]] | None:
        return next(self._inputs, None)

    @staticmethod
    def _all(images: npt.NDArray[np.uint8], states: int) -> Iterator[dict[str, npt.NDArray[np.generic]]]:
        for image in images[:: -(-len(images) // CALIBRATION_FRAMES)]:
            # No convolution sees the state.
            yield {"image": image[None], "state": np.zeros((1, states), np.float32)}


def quantised(model: onnx.ModelProto, images: npt.NDArray[np.uint8]) -> onnx.ModelProto:
    """The model with 8-bit convolutions but for the last, whose map the spatial softmax turns into places; that and the
    heads, which are small, stay in float32.

    Args:
        model: of `gplac.training.onnx_model.to_onnx`.
        images: ``(N, H, W, 3)``, what the ranges of the maps are taken from.
    """
    states = model.graph.input[1].type.tensor_type.shape.dim[1].dim_value
    level = logging.root.level
    logging.root.setLevel(logging.ERROR)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path, prepared, result = (
                Path(folder) / name for name in ("in.onnx", "prepared.onnx", "out.onnx")
            )
            onnx.save(model, path)
            quant_pre_process(path, prepared, skip_symbolic_shape=True)
            last = [node.name for node in onnx.load(prepared).graph.node if node.op_type == "Conv"][-1]
            quantize_static(
                prepared,
                result,
                _Frames(images, states),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["Conv"],
                nodes_to_exclude=[last],
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
            )
            return onnx.load(result)
    finally:
        logging.root.setLevel(level)
