"""Fixtures of the comparisons: everything in float64, every test on three seeds."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow: errors only
os.environ["KERAS_BACKEND"] = "tensorflow"

# Triton, which PyTorch for graphics processors brings, crashes if TensorFlow is loaded before it.
import torch._dynamo  # isort: skip  # noqa: F401

import keras
import numpy as np
import pytest


@pytest.fixture(autouse=True, scope="session")
def _double_precision() -> None:
    keras.config.set_floatx("float64")


@pytest.fixture(params=range(3))
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    return np.random.default_rng(request.param)
