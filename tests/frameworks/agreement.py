"""From NumPy to PyTorch and back, and what counts as equal."""

import numpy as np
import torch
from numpy.typing import ArrayLike

Arrays = dict[str, np.ndarray]


def leaf(values: ArrayLike) -> torch.Tensor:
    """Return a float64 copy whose gradient autograd works out."""
    return torch.tensor(np.asarray(values, dtype=np.float64), requires_grad=True)


def leaves(parameters: Arrays) -> dict[str, torch.Tensor]:
    """Return a leaf for each array."""
    return {name: leaf(value) for name, value in parameters.items()}


def gradients(tensors: dict[str, torch.Tensor]) -> Arrays:
    """Return what autograd found, under the references' names: dW1 for W1."""
    return {f"d{name}": tensor.grad.numpy() for name, tensor in tensors.items()}


def array(values: object) -> np.ndarray:
    """Return a tensor of any framework as an array."""
    return values.detach().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)


def assert_agree(ours: object, theirs: object, tolerance: float = 1e-10) -> None:
    """Hold the shapes equal, and the largest difference to `tolerance` times the largest entry."""
    ours, theirs = array(ours), array(theirs)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * np.max(np.abs(theirs)))


def assert_all_agree(ours: dict[str, object], theirs: dict[str, object]) -> None:
    """Compare two dicts of arrays, name by name."""
    assert set(ours) == set(theirs)
    for name in ours:
        assert_agree(ours[name], theirs[name])
