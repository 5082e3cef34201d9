"""The quadratic cost of a linear model: its contours, its conditioning, gradient descent on it."""

import numpy as np


class Bowl:
    """J(θ) = 1/(2m) Σ (θᵀx̃ − y)², where x̃ is x with a 1 for the bias below it.

    Parameters
    ----------
    X : ndarray of shape (n, m)
    Y : ndarray of shape (1, m)

    Attributes
    ----------
    H : ndarray of shape (n + 1, n + 1)
        Hessian of the cost, X̃X̃ᵀ/m.
    best : ndarray of shape (n + 1,)
        The minimiser θ*, bias last.
    eigenvalues : ndarray of shape (n + 1,)
        Of H, ascending.
    """

    def __init__(self, X: np.ndarray, Y: np.ndarray) -> None:
        with_bias = np.vstack([X, np.ones(X.shape[1])])
        self.H = with_bias @ with_bias.T / X.shape[1]
        self.best = np.linalg.solve(self.H, with_bias @ Y[0] / X.shape[1])
        self.eigenvalues = np.linalg.eigvalsh(self.H)

    @property
    def condition_number(self) -> float:
        """Largest over smallest eigenvalue of the Hessian."""
        return float(self.eigenvalues[-1] / self.eigenvalues[0])

    def excess(self, theta: np.ndarray) -> np.ndarray:
        """J(θ) − J(θ*) for the columns of ``theta`` (n + 1, k)."""
        gap = theta - self.best[:, None]
        return np.sum(gap * (self.H @ gap), axis=0) / 2

    def descend(self, steps: int) -> np.ndarray:
        """Path (n + 1, steps + 1) of gradient descent from 0, at 3/4 of the largest stable rate."""
        learning_rate = 0.75 * 2 / self.eigenvalues[-1]
        path = [np.zeros_like(self.best)]
        for _ in range(steps):
            path.append(path[-1] - learning_rate * self.H @ (path[-1] - self.best))
        return np.stack(path, axis=1)
