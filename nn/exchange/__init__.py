"""Models for other libraries, and from them: PyTorch's modules, and ONNX files."""
