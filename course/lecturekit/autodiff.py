"""Reverse-mode automatic differentiation: arrays that remember what they were computed from.

A `Node` holds an array. Arithmetic with nodes gives nodes, and each knows, for every node it came
from, how a small change there would move it: a *pullback* turns the derivative of a cost with
respect to the result into the derivative with respect to that input. `derivatives` walks back from
the cost, the last node first, and adds up what arrives at each node on all ways.

>>> x, y = Node(3.0), Node(2.0)
>>> [float(slope) for slope in derivatives(x * x * y, [x, y])]  # 2xy and x²
[12.0, 9.0]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from operator import attrgetter

import numpy as np

Pullback = Callable[[np.ndarray], np.ndarray]


class Node:
    """An array, and its ways back: each an operand and its pullback; constants have none."""

    __slots__ = ("number", "value", "ways")
    __array_ufunc__ = None  # an ndarray on the left leaves the operation to the node
    _numbers = count()

    def __init__(self, value: np.ndarray | float, *ways: tuple[object, Pullback]) -> None:
        self.value = np.asarray(value)
        self.ways = [way for way in ways if isinstance(way[0], Node)]
        self.number = next(Node._numbers)  # later nodes depend on earlier ones only

    def __add__(self, other: Node | np.ndarray | float) -> Node:
        return Node(self.value + array(other), (self, lambda g: g), (other, lambda g: g))

    def __sub__(self, other: Node | np.ndarray | float) -> Node:
        return Node(self.value - array(other), (self, lambda g: g), (other, lambda g: -g))

    def __mul__(self, other: Node | np.ndarray | float) -> Node:
        a, b = self.value, array(other)
        return Node(a * b, (self, lambda g: g * b), (other, lambda g: g * a))

    def __truediv__(self, other: Node | np.ndarray | float) -> Node:
        b = array(other)
        quotient = self.value / b
        return Node(quotient, (self, lambda g: g / b), (other, lambda g: -g * quotient / b))

    def __matmul__(self, other: Node | np.ndarray) -> Node:
        a, b = self.value, array(other)
        a_T, b_T = a.T, b.T
        return Node(a @ b, (self, lambda g: g @ b_T), (other, lambda g: a_T @ g))

    __radd__, __rmul__ = __add__, __mul__


def array(x: Node | np.ndarray | float) -> np.ndarray | float:
    """The value of a node; anything else as it is."""
    return x.value if isinstance(x, Node) else x


def affine(W: Node, A: Node | np.ndarray, b: Node) -> Node:
    """W A + b, where b is a column that is added to every column of W A."""
    Z = W.value @ array(A)
    Z += b.value
    A_T, W_T = array(A).T, W.value.T
    sums = (b, lambda g: g.sum(axis=1, keepdims=True))
    return Node(Z, (W, lambda g: g @ A_T), (A, lambda g: W_T @ g), sums)


def tanh(x: Node) -> Node:
    """Hyperbolic tangent; its slope is 1 − tanh²."""
    t = np.tanh(x.value)
    return Node(t, (x, lambda g: g * (1 - t**2)))


def sqrt(x: Node) -> Node:
    """Square root; its slope is 1/(2√x)."""
    root = np.sqrt(x.value)
    return Node(root, (x, lambda g: g / (2 * root)))


def weighted_sum(x: Node, weights: np.ndarray | float) -> Node:
    """Sum of all entries, each times its weight."""
    weights = np.full_like(x.value, weights)  # np.broadcast_to is several times slower
    return Node(np.sum(x.value * weights), (x, lambda g: g * weights))


def weighted_squares(x: Node, weight: float) -> Node:
    """Sum of the squares of all entries, times a weight."""
    return Node(weight * np.sum(x.value**2), (x, lambda g: 2 * weight * g * x.value))


def row_squares(x: Node) -> Node:
    """Mean of the squares of each row, (n, 1)."""
    m = x.value.shape[1]
    return Node((x.value**2).mean(axis=1, keepdims=True), (x, lambda g: 2 * g / m * x.value))


def row_means(x: Node) -> Node:
    """Mean of each row, (n, 1); each of its m entries has the share 1/m."""
    n, m = x.value.shape
    return Node(x.value.mean(axis=1, keepdims=True), (x, lambda g: np.broadcast_to(g / m, (n, m))))


def log_sum_exp(x: Node, floor: float | None = None) -> Node:
    """log Σ e^x of each column, (1, m), without overflow; its slopes are the shares of the terms.

    With a `floor`, the sum has one more term, e^floor.
    """
    highest = x.value.max(axis=0, keepdims=True)
    if floor is not None:
        highest = np.maximum(highest, floor)
    terms = np.exp(x.value - highest)
    sums = terms.sum(axis=0, keepdims=True)
    if floor is not None:
        sums = sums + np.exp(floor - highest)
    shares = terms / sums
    return Node(highest + np.log(sums), (x, lambda g: g * shares))


def derivatives(output: Node, inputs: Sequence[Node]) -> list[np.ndarray]:
    """Derivatives of the sum of a node's entries with respect to each of the inputs.

    Parameters
    ----------
    output : Node
    inputs : sequence of Node
        Those that the output does not depend on have derivative 0.

    Returns
    -------
    list of ndarray
        Each of the shape of its input.
    """
    gathered = {output: np.ones_like(output.value)}
    for node in _last_first(output):
        for operand, pull in node.ways:
            arriving = pull(gathered[node])
            if arriving.shape != operand.value.shape:
                arriving = _gathered(arriving, operand.value.shape)
            gathered[operand] = gathered[operand] + arriving if operand in gathered else arriving
    return [gathered[x] if x in gathered else np.zeros_like(x.value) for x in inputs]


def _last_first(output: Node) -> list[Node]:
    """All nodes on the ways back, each after those that depend on it."""
    found, open_ = {output}, [output]
    for node in open_:  # grows as it goes
        for operand, _ in node.ways:
            if operand not in found:
                found.add(operand)
                open_.append(operand)
    return sorted(found, key=attrgetter("number"), reverse=True)


def _gathered(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Add up what belongs to one entry of an array that was stretched to fit another."""
    stretched = tuple(i for i, length in enumerate(shape) if length == 1)
    return g.sum(axis=stretched, keepdims=True) if shape else g.sum()
