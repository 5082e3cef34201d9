"""What crosses the boundary between student code and the judge: plain data, and nothing else.

A value is a JSON tree; an array leaf is its dtype, its shape and the number of a raw little-endian
buffer. There is no pickle, no archive and no ``eval``. :func:`loads` is the whole surface that
hostile code can reach in the trusted process: whatever it is given, it returns plain data or
raises :class:`WireError`, and never allocates more than `MAX_BYTES` for arrays.

This file also runs inside the sandbox, where neither the project nor any package but NumPy can be
relied on; it therefore imports only the standard library and NumPy.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
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
    """A value has too many parts, or the text and the buffers are not an encoded one."""


class Opaque:
    """Stands for something that is not plain data (an object, a function); equal to nothing.

    Parameters
    ----------
    name : str
        What it was, in words: ``a set``, ``a Box (a class of your own)``, ``an array of object``.
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

    What holds the same data is the same data: a subclass of bool's, int's, float's, complex's,
    str's, list's, tuple's, dict's or ndarray's is read with the methods of these, never with its
    own, and arrives as them; any other mapping arrives as a dict, a masked array with nothing
    masked as an array. Whatever else is not None, a dict with text keys or numeric arrays and
    scalars becomes an :class:`Opaque` on arrival, and so does an array, text or number that is too
    large. A value of too many items or levels is refused by :func:`loads`.

    Returns
    -------
    text : str
        JSON.
    buffers : list of bytes
        One for each array, in the order of their numbers in the text.

    Raises
    ------
    WireError
        If the value has too many items or levels.
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
        raise WireError("the answer is nested too deeply or has too many items")
    kind = type(x)  # never x.__class__, which may be anything
    if x is None:
        return {"t": "none"}
    if issubclass(kind, np.ndarray | np.generic) and not issubclass(kind, str):
        return _encode_array(x, buffers, budget)
    if kind is bool:
        return {"t": "bool", "v": x}
    if issubclass(kind, int):
        whole = int.__int__(x)
        small = whole.bit_length() <= MAX_BITS
        return {"t": "int", "v": str(whole)} if small else _opaque("a huge int")
    if issubclass(kind, float):
        return {"t": "float", "v": float.hex(x)}
    if issubclass(kind, complex):
        pair = complex.__complex__(x)
        return {"t": "complex", "v": [pair.real.hex(), pair.imag.hex()]}
    if issubclass(kind, str):
        text = str.__str__(x)
        return {"t": "str", "v": text} if len(text) <= MAX_STRING else _opaque("a very long text")
    for base in (list, tuple):
        if issubclass(kind, base):
            items = [_encode(y, buffers, budget, depth + 1) for y in base.__iter__(x)]
            return {"t": base.__name__, "v": items}
    if issubclass(kind, dict):
        return _encode_pairs(dict.items(x), buffers, budget, depth)
    if issubclass(kind, Mapping):
        return _encode_pairs(x.items(), buffers, budget, depth)
    return _opaque(_described(kind))


def _encode_pairs(
    items: Iterable[tuple[Any, Any]], buffers: list[bytes], budget: dict[str, int], depth: int
) -> dict[str, Any]:
    pairs = []
    for key, y in itertools.islice(items, MAX_ITEMS + 1):
        if not issubclass(type(key), str):
            return _opaque(f"a dict with {_described(type(key))} as a key")
        name = str.__str__(key)
        if len(name) > MAX_STRING:
            return _opaque("a dict with a very long key")
        pairs.append([name, _encode(y, buffers, budget, depth + 1)])
    return {"t": "dict", "v": pairs}


def _encode_array(x: Any, buffers: list[bytes], budget: dict[str, int]) -> dict[str, Any]:
    scalar = issubclass(type(x), np.generic)
    if issubclass(type(x), np.ma.MaskedArray) and np.any(np.ma.getmaskarray(x)):
        return _opaque("a masked array with masked entries")
    array = np.generic.__array__(x) if scalar else np.ndarray.view(x, np.ndarray)
    dtype = array.dtype.newbyteorder("<")
    if dtype.str not in DTYPES:
        return _opaque(f"an array of {str(array.dtype)[:40]}")
    if array.ndim > MAX_DIMENSIONS:
        return _opaque(f"an array of {array.ndim} dimensions")
    budget["bytes"] -= array.nbytes
    if budget["bytes"] < 0:
        return _opaque(f"an array of {array.nbytes >> 20} MB, too large to send")
    buffers.append(array.astype(dtype, order="C", copy=False).tobytes())
    return {
        "t": "scalar" if scalar else "array",
        "d": dtype.str,
        "s": list(array.shape),
        "v": len(buffers) - 1,
    }


def _described(kind: type) -> str:
    """A type as its owner would call it."""
    name = kind.__name__[:60]
    own = " (a class of your own)" if kind.__module__ == "__main__" else ""
    return f"a{'n' if name[:1].lower() in 'aeio' else ''} {name}{own}"


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
