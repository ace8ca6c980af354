"""On a robot: a policy from one ONNX file, twenty times a second, without PyTorch."""
