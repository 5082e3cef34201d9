"""What needs PyTorch, Keras and TensorFlow is collected where they are: `make test-frameworks`."""

from importlib.util import find_spec

if find_spec("torch") is None:
    collect_ignore = [
        "tests/frameworks",
        "course/module3_tuning_batchnorm/05_frameworks.ipynb",
    ]
