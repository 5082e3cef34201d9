"""References compared with PyTorch, Keras and TensorFlow: run by ``make test-frameworks``."""
