"""On a robot: a policy from one ONNX file, twenty times a second, without PyTorch."""

from gplac.robot.card import Card
from gplac.robot.policy import Look, Policy

__all__ = ["Card", "Look", "Policy"]
