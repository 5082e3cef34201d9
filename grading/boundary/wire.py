"""What crosses the boundary between student code and the judge: plain data, and nothing else.

A value is a JSON tree; an array leaf is its dtype, its shape and the number of a raw little-endian
buffer. There is no pickle, no archive and no ``eval``. :func:`loads` is the whole surface that
hostile code can reach in the trusted process: whatever it is given, it returns plain data or
raises :class:`WireError`, and never allocates more than `MAX_BYTES` for arrays.

This file also runs inside the sandbox, where neither the project nor any package but NumPy can be
relied on; it therefore imports only the standard library and NumPy.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

MAX_BYTES = 16 << 20  # all arrays of one value together
MAX_TEXT = 2 << 20  # characters of JSON
MAX_ITEMS = 10_000  # nodes of one value's tree
MAX_DEPTH = 8  # levels of lists, tuples and dicts
MAX_DIMENSIONS = 8  # of one array
MAX_STRING = 100_000  # characters of one string
MAX_BITS = 256  # of one Python integer

DTYPES = {
    np.dtype(code).str: np.dtype(code)
    for code in ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
}


class WireError(ValueError):
    """The text or the buffers are not an encoded value."""


class Opaque:
    """Stands for something that is not plain data (an object, a function); equal to nothing.

    Parameters
    ----------
    name : str
        What it was, in words: the type's name, or why it could not be sent.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __eq__(self, other: object) -> bool:
        return False


def dumps(value: Any) -> tuple[str, list[bytes]]:
    """Encode a value.

    Subclasses of ndarray are sent by value as plain arrays, and NumPy's texts as str. Whatever is
    not None, bool, int, float, complex, str, list, tuple, dict with text keys, or a numeric array
    or scalar becomes an :class:`Opaque` on arrival, and so does an array, text or number that is
    too large. A value of too many items or levels is refused by :func:`loads`.

    Returns
    -------
    text : str
        JSON.
    buffers : list of bytes
        One for each array, in the order of their numbers in the text.
    """
    buffers: list[bytes] = []
    budget = {"items": MAX_ITEMS, "bytes": MAX_BYTES}
    return json.dumps(_encode(value, buffers, budget, 0)), buffers


def loads(text: str, buffers: Sequence[bytes]) -> Any:
    """Decode what :func:`dumps` made.

    Raises
    ------
    WireError
        If the text and buffers are anything else, or exceed a limit of this module.
    """
    if type(text) is not str or len(text) > MAX_TEXT:
        raise WireError(f"the answer's text is longer than {MAX_TEXT} characters")
    budget = {"items": MAX_ITEMS, "bytes": MAX_BYTES}
    try:
        return _decode(json.loads(text), buffers, budget, 0)
    except WireError:
        raise
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        raise WireError(f"the answer is malformed ({type(error).__name__})") from None


def _opaque(name: str) -> dict[str, Any]:
    return {"t": "opaque", "v": name}


def _encode(x: Any, buffers: list[bytes], budget: dict[str, int], depth: int) -> dict[str, Any]:
    budget["items"] -= 1
    if depth > MAX_DEPTH or budget["items"] < 0:
        return _opaque("a value nested too deeply or with too many items")
    if x is None:
        return {"t": "none"}
    kind = type(x)
    if kind is bool:
        return {"t": "bool", "v": x}
    if kind is int:
        return {"t": "int", "v": str(x)} if x.bit_length() <= MAX_BITS else _opaque("a huge int")
    if kind is float:
        return {"t": "float", "v": x.hex()}
    if kind is complex:
        return {"t": "complex", "v": [x.real.hex(), x.imag.hex()]}
    if kind is str or kind is np.str_:
        return {"t": "str", "v": str(x)} if len(x) <= MAX_STRING else _opaque("a very long str")
    if kind is list or kind is tuple:
        return {"t": kind.__name__, "v": [_encode(y, buffers, budget, depth + 1) for y in x]}
    if kind is dict and all(type(key) is str and len(key) <= MAX_STRING for key in x):
        pairs = [[key, _encode(y, buffers, budget, depth + 1)] for key, y in x.items()]
        return {"t": "dict", "v": pairs}
    if isinstance(x, np.ndarray | np.generic):
        return _encode_array(x, buffers, budget)
    return _opaque(kind.__name__[:80])


def _encode_array(x: Any, buffers: list[bytes], budget: dict[str, int]) -> dict[str, Any]:
    array = np.asarray(x)
    array = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
    if array.dtype.str not in DTYPES:
        return _opaque(f"an array of {str(array.dtype)[:40]}")
    if array.ndim > MAX_DIMENSIONS:
        return _opaque(f"an array of {array.ndim} dimensions")
    budget["bytes"] -= array.nbytes
    if budget["bytes"] < 0:
        return _opaque(f"an array of {array.nbytes >> 20} MB, too large to send")
    buffers.append(array.tobytes())
    return {
        "t": "scalar" if isinstance(x, np.generic) else "array",
        "d": array.dtype.str,
        "s": list(array.shape),
        "v": len(buffers) - 1,
    }


def _decode(node: Any, buffers: Sequence[bytes], budget: dict[str, int], depth: int) -> Any:
    budget["items"] -= 1
    if depth > MAX_DEPTH or budget["items"] < 0:
        raise WireError("the answer is nested too deeply or has too many items")
    if type(node) is not dict:
        raise WireError("the answer is malformed")
    tag, v = node.get("t"), node.get("v")
    if tag == "none":
        return None
    if tag == "bool" and type(v) is bool:
        return v
    if tag == "int" and type(v) is str and len(v) < MAX_BITS:
        return int(v)
    if tag == "float" and type(v) is str:
        return float.fromhex(v)
    if tag == "complex" and type(v) is list:
        real, imaginary = v
        return complex(float.fromhex(real), float.fromhex(imaginary))
    if tag == "str" and type(v) is str and len(v) <= MAX_STRING:
        return v
    if tag in ("list", "tuple") and type(v) is list:
        items = [_decode(y, buffers, budget, depth + 1) for y in v]
        return items if tag == "list" else tuple(items)
    if tag == "dict" and type(v) is list:
        decoded = {}
        for key, y in v:
            if type(key) is not str:
                raise WireError("the answer is malformed")
            decoded[key] = _decode(y, buffers, budget, depth + 1)
        return decoded
    if tag in ("array", "scalar"):
        array = _decode_array(node, buffers, budget)
        return array[()] if tag == "scalar" and array.ndim == 0 else array
    if tag == "opaque" and type(v) is str:
        return Opaque(v[:200])
    raise WireError("the answer is malformed")


def _decode_array(
    node: dict[str, Any], buffers: Sequence[bytes], budget: dict[str, int]
) -> np.ndarray:
    dtype, shape, number = DTYPES[node["d"]], node["s"], node["v"]
    if type(shape) is not list or len(shape) > MAX_DIMENSIONS:
        raise WireError("an array's shape is malformed")
    if not all(type(n) is int and 0 <= n <= MAX_BYTES for n in shape):
        raise WireError("an array's shape is malformed")
    if type(number) is not int or not 0 <= number < len(buffers):
        raise WireError("an array's buffer is missing")
    size = math.prod(shape) * dtype.itemsize
    budget["bytes"] -= size
    if budget["bytes"] < 0:
        raise WireError(f"the answer's arrays are larger than {MAX_BYTES >> 20} MB")
    raw = memoryview(buffers[number])
    if raw.nbytes != size:
        raise WireError("an array's shape and its bytes disagree")
    if dtype.kind == "b" and size and np.frombuffer(raw, np.uint8).max() > 1:
        raise WireError("an array of bool holds other bytes than 0 and 1")
    return np.frombuffer(raw, dtype).reshape(shape).copy()
