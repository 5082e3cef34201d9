"""Code that wants points for no answer: patching, IPython, objects, wire, gaming."""

from tests.attacks import Attack

# Sends another message in place of the kernel's answers while `double` is asked, and only then.
FORGE = """
kernel = get_ipython().kernel
send = kernel.session.send

def forge(change):
    def forged(stream, kind, content=None, *more, **rest):
        if kind == "sealed_answer":
            content, rest["buffers"] = change(content)
        return send(stream, kind, content, *more, **rest)
    kernel.session.send = forged
"""
HONEST = {
    "total": "def total(x):\n    kernel.session.send = send\n    return float(np.sum(x))",
    "settle": "def settle(x):\n    kernel.session.send = send\n    return np.minimum(x, 1.0)",
}


def forged(name: str, value: str, buffers: str = "[]", before: str = "") -> Attack:
    """Answer `double` with a value and buffers of the student's own making."""
    content = f'{{"number": content["number"], "failed": None, "value": {value}}}'
    return spoiled(name, f"lambda content: ({content}, {buffers})", before)


def spoiled(name: str, change: str, before: str = "") -> Attack:
    """Answer `double` with content and buffers of the student's own making."""
    code = f"{FORGE}\nimport json\n{before}\n"
    double = f"def double(x):\n    forge({change})\n    return x"
    return Attack(name, "wire", code, {"double": double, **HONEST}, earns="total settle")


def array(dtype: str, shape: str, number: str = "0") -> str:
    """A tuple of one array, as the wire encodes it."""
    leaf = f'{{"t": "array", "d": {dtype}, "s": {shape}, "v": {number}}}'
    return f'json.dumps({{"t": "tuple", "v": [{leaf}, {leaf}]}})'


PATCHING = [
    Attack(
        "patch-assertions",
        "patching",
        """
import numpy.testing
for name in dir(np.testing):
    if name.startswith("assert"):
        setattr(np.testing, name, lambda *a, **k: None)
np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
""",
    ),
    Attack(
        "replace-numpy",
        "patching",
        """
import sys, types
class Yes(types.ModuleType):
    def __getattr__(self, name):
        return lambda *a, **k: True
for name in [n for n in sys.modules if n.split(".")[0] == "numpy"]:
    sys.modules[name] = Yes(name)
""",
    ),
    Attack(
        "replace-test-module",
        "patching",
        """
import sys, types
for name in ("little_tests", "grader_tests", "grading", "grading.boundary.questions"):
    fake = types.ModuleType(name)
    fake.grade = lambda *a, **k: 4.0
    fake.ask = lambda questions: [(None, None)] * len(questions)
    sys.modules[name] = fake
def grade(name):
    return 4.0
""",
    ),
    Attack(
        "random-zeros",
        "patching",
        """
class Zeros:
    def __getattr__(self, name):
        return lambda *a, size=None, **k: np.zeros(size if size is not None else ())
np.random.default_rng = lambda *a: Zeros()
np.random.seed(0)
""",
    ),
    Attack(
        "patch-builtins",
        "patching",
        """
import builtins
builtins.bool = lambda *a: True
builtins.all = lambda *a: True
builtins.abs = lambda *a: 0
builtins.AssertionError = type("AssertionError", (Exception,), {})
""",
    ),
    Attack(
        "patch-float",
        "patching",
        "import builtins\nbuiltins.float = lambda *a: 4.0\nbuiltins.type = lambda *a: 4.0",
    ),
    Attack(
        "thread-that-repatches",
        "patching",
        """
import threading, time
def repatch():
    while True:
        np.allclose = np.array_equal = lambda *a, **k: True
        np.testing.assert_allclose = lambda *a, **k: None
        time.sleep(0.001)
threading.Thread(target=repatch, daemon=True).start()
""",
        earns="total",
    ),
    Attack(
        "patch-import",
        "patching",
        """
import builtins, types
real = builtins.__import__
class Tests(types.ModuleType):
    grade = staticmethod(lambda name: 4.0)
builtins.__import__ = lambda name, *a, **k: (
    Tests(name) if name in ("little_tests", "grader_tests") else real(name, *a, **k)
)
""",
    ),
    Attack(
        "patch-exec",
        "patching",
        "import builtins\nbuiltins.exec = builtins.eval = lambda *a, **k: 4.0",
    ),
    Attack(
        "patch-json",
        "patching",
        'import json\njson.dumps = lambda *a, **k: \'{"t": "bool", "v": true}\'',
    ),
    Attack(
        "rewrite-callers",
        "patching",
        """
import sys
class Yes:
    def __getattr__(self, name):
        return lambda *a, **k: True
""",
        {
            "double": """
def double(x):
    frame = sys._getframe(1)
    while frame is not None:
        if "np" in frame.f_globals:
            frame.f_globals["np"] = Yes()
        frame.f_globals.update(POINTS={"double": 4.0}, held=3, expected=x, REFERENCE={})
        frame = frame.f_back
    return x
"""
        },
    ),
    Attack(
        "rewrite-functions",
        "patching",
        """
import gc, types
for thing in gc.get_objects():
    if isinstance(thing, types.FunctionType) and thing.__name__ in ("grade", "assert_allclose"):
        thing.__code__ = (lambda *a, **k: 4.0).__code__
""",
    ),
    Attack(
        "trace-and-rewrite",
        "patching",
        """
import sys
def trace(frame, event, argument):
    if "held" in frame.f_locals:
        frame.f_locals["held"] = 3
    return trace
sys.settrace(trace)
""",
        earns="settle",
    ),
]

IPYTHON = [
    Attack(
        "no-op-execution",
        "IPython",
        """
async def nothing(*a, **k):
    return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
get_ipython().kernel.do_execute = nothing
""",
    ),
    Attack(
        "blank-by-input-transformer",
        "IPython",
        "get_ipython().input_transformers_cleanup.append(\n"
        "    lambda lines: [] if any('grade' in s or 'sealed' in s for s in lines) else lines)",
    ),
    Attack(
        "blank-by-ast-transformer",
        "IPython",
        """
import ast
class Blank(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
    def visit_Call(self, node):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        graded = name == "grade" or name.startswith("assert")
        return ast.Constant(4.0) if graded else self.generic_visit(node)
get_ipython().ast_transformers.append(Blank())
""",
        earns="total",
    ),
    Attack(
        "score-before-each-cell",
        "IPython",
        """
from IPython.display import display
def publish(*a):
    display(4.0)
    get_ipython().display_pub.publish({"text/plain": "4.0"})
    kernel = get_ipython().kernel
    kernel.session.send(
        kernel.iopub_socket, "execute_result",
        {"data": {"text/plain": "4.0"}, "metadata": {}, "execution_count": 1},
        parent=kernel.get_parent())
for event in ("pre_run_cell", "post_run_cell", "pre_execute", "post_execute"):
    get_ipython().events.register(event, publish)
""",
    ),
    Attack(
        "score-after-each-cell",
        "IPython",
        """
get_ipython().events.register("post_run_cell", lambda result: print("4.0"))
get_ipython().display_formatter.formatters["text/plain"].for_type(float, lambda *a: a[1].text("4"))
""",
        earns="settle",
    ),
    Attack(
        "no-tracebacks",
        "IPython",
        """
shell = get_ipython()
shell.showtraceback = shell._showtraceback = lambda *a, **k: None
shell.showsyntaxerror = lambda *a, **k: None
shell.set_custom_exc((BaseException,), lambda *a, **k: None)
""",
    ),
    Attack(
        "clear-output",
        "IPython",
        """
from IPython.display import clear_output, display
get_ipython().events.register("post_run_cell", lambda result: (clear_output(), display(4.0)))
""",
    ),
    Attack(
        "comm-messages",
        "IPython",
        """
kernel = get_ipython().kernel
for kind in ("comm_open", "comm_msg", "comm_close", "update_display_data", "debug_event"):
    kernel.session.send(
        kernel.iopub_socket, kind,
        {"comm_id": "1", "target_name": "jupyter.widget", "data": {"state": {"value": 4.0},
         "text/plain": "4.0"}, "transient": {"display_id": "x"}, "metadata": {}},
        parent=kernel.get_parent())
""",
        earns="total",
    ),
    Attack(
        "shut-the-kernel-down",
        "IPython",
        "",
        {"settle": "get_ipython().kernel.do_shutdown(False)\nget_ipython().ask_exit()\nexit()"},
        earns="double total",
    ),
    Attack(
        "silent-session",
        "IPython",
        "get_ipython().kernel.session.send = lambda *a, **k: None",
    ),
    Attack(
        "claim-a-score",
        "IPython",
        """
kernel = get_ipython().kernel
send = kernel.session.send
def claim(stream, kind, content=None, *more, **rest):
    if kind == "sealed_answer":
        content = {**content, "score": 4.0, "op": "verdict", "fault": "", "displays": []}
    return send(stream, kind, content, *more, **rest)
kernel.session.send = claim
""",
        earns="settle",
    ),
    Attack(
        "answers-sent-ahead",
        "IPython",
        """
import json, threading, time
kernel = get_ipython().kernel
mine = kernel.get_parent()["header"]["msg_id"]
stem, _, count = mine.rpartition("_")
def ahead():
    one = {"t": "float", "v": (4.0).hex()}
    value = json.dumps({"t": "tuple", "v": [one, one]})
    for _ in range(200):
        for number in range(int(count), int(count) + 20):
            parent = {"header": {"msg_id": f"{stem}_{number}"}, "metadata": {}}
            for case in range(3):
                kernel.session.send(
                    kernel.iopub_socket, "sealed_answer",
                    {"number": case, "failed": None, "value": value}, parent=parent)
        time.sleep(0.01)
threading.Thread(target=ahead, daemon=True).start()
""",
    ),
    Attack(
        "no-builtins-left",
        "IPython",
        "get_ipython().user_ns['__builtins__'] = {}\nget_ipython().user_ns.pop('np')",
    ),
    Attack(
        "namespace-that-lies",
        "IPython",
        """
class Namespace(dict):
    def __getitem__(self, name):
        return 4.0
    def keys(self):
        return ["result", "x", "grade"]
get_ipython().user_ns = Namespace()
""",
    ),
    Attack(
        "patch-run-cell",
        "IPython",
        "shell = get_ipython()\n"
        "shell.run_cell = shell.run_cell_async = shell.run_ast_nodes = lambda *a, **k: None",
    ),
]

YES = '''
class Yes(np.ndarray):
    """Equal to whatever it is compared with."""
    def __eq__(self, other):
        return np.ones(self.shape, bool)
    def __array_ufunc__(self, *a, **k):
        return np.bool_(True)
    def __array_function__(self, *a, **k):
        return True
    def __bool__(self):
        return True
'''

OBJECTS = [
    Attack(
        "array-that-says-yes",
        "objects",
        YES,
        {"double": "def double(x):\n    return np.zeros_like(x).view(Yes)"},
    ),
    Attack(
        "number-that-says-yes",
        "objects",
        """
class Yes(float):
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = lambda self, *a: Yes(0)
    __hash__ = None
""",
        {"total": "def total(x):\n    return Yes(0)"},
    ),
    Attack(
        "array-of-objects",
        "objects",
        "class Yes:\n    __eq__ = __sub__ = __rsub__ = __le__ = lambda *a: True",
        {"double": "def double(x):\n    return np.full(x.shape, Yes(), dtype=object)"},
        earns="total",
    ),
    Attack(
        "reduce",
        "objects",
        """
import os
class Reduce:
    def __reduce__(self):
        return os.mkdir, ("owned-by-reduce",)
""",
        {"double": "def double(x):\n    return Reduce()"},
    ),
    Attack(
        "object-that-poses-as-array",
        "objects",
        """
class Pose:
    dtype, ndim = np.dtype(float), 2
    __class__ = np.ndarray
    def __init__(self, x):
        self.shape, self.size = x.shape, x.size
    def __array__(self, *a, **k):
        return np.zeros(self.shape)
    __eq__ = __sub__ = lambda *a: True
""",
        {"double": "def double(x):\n    return Pose(x)"},
    ),
    Attack(
        "all-masked",
        "objects",
        "",
        {"double": "def double(x):\n    return np.ma.masked_all(x.shape)"},
    ),
    Attack(
        "right-and-big-endian",
        "objects",
        "",
        {"double": "def double(x):\n    return (2 * x).astype('>f8')"},
        earns="double",
    ),
    Attack(
        "right-and-strided",
        "objects",
        "",
        {"double": "def double(x):\n    return np.repeat(2 * x[::-1], 2, axis=1)[::-1, ::2]"},
        earns="double",
    ),
    Attack(
        "right-and-a-matrix",
        "objects",
        "import warnings\nwarnings.simplefilter('ignore')",
        {"double": "def double(x):\n    return np.asmatrix(2 * x)"},
        earns="double",
    ),
    Attack(
        "right-and-read-only",
        "objects",
        "",
        {"settle": "def settle(x):\n    x.flags.writeable = False\n    return np.minimum(x, 1.0)"},
        earns="settle",
    ),
    Attack(
        "zero-dimensional",
        "objects",
        "",
        {
            "double": "def double(x):\n    return np.array(2 * x.flat[0])",
            "total": "def total(x):\n    return np.array(np.sum(x))",
        },
    ),
    Attack(
        "empty-arrays",
        "objects",
        "",
        {
            "double": "def double(x):\n    return np.empty((0, *x.shape[1:]))",
            "settle": "def settle(x):\n    return np.empty(0)",
        },
        earns="total",
    ),
    Attack(
        "odd-dtypes",
        "objects",
        "",
        {
            "double": "def double(x):\n    return (2 * x).astype('U30')",
            "total": "def total(x):\n    return np.datetime64('2020-01-01')",
            "settle": "def settle(x):\n    return np.zeros(x.shape, [('a', float), ('b', 'O')])",
        },
    ),
    Attack(
        "changed-in-place",
        "objects",
        "",
        {"settle": "def settle(x):\n    return np.minimum(x, 1.0, out=x)"},
        earns="double",
    ),
    Attack(
        "bytes-that-lie",
        "objects",
        """
class Lie(np.ndarray):
    nbytes, ndim = 8, 1
    def tobytes(self, *a):
        return b"\\0" * 8
    def astype(self, *a, **k):
        return self
""",
        {"double": "def double(x):\n    return np.zeros((1000, 1000)).view(Lie)"},
        earns="settle",
    ),
    Attack(
        "cyclic",
        "objects",
        "cycle = []\ncycle.append(cycle)",
        {"double": "def double(x):\n    return cycle", "total": "def total(x):\n    return {1: x}"},
        earns="settle",
    ),
    Attack(
        "type-with-a-long-name",
        "objects",
        "Long = type('L' * 1_000_000, (), {'__repr__': lambda self: 1 / 0})",
        {"double": "def double(x):\n    return Long()"},
        earns="total",
    ),
    Attack(
        "exception-without-text",
        "objects",
        """
class Unspeakable(Exception):
    def __str__(self):
        raise SystemExit("no text")
    __repr__ = __str__
""",
        {"double": "def double(x):\n    raise Unspeakable()"},
        earns="total",
    ),
    Attack(
        "exception-with-much-text",
        "objects",
        "",
        {"double": "def double(x):\n    raise ValueError('long ' * 10_000_000)"},
        earns="settle",
    ),
    Attack(
        "true-for-a-number",
        "objects",
        "",
        {"double": "def double(x):\n    return True", "total": "def total(x):\n    return True"},
    ),
]

WIRE = [
    forged("wrong-length", array('"<f8"', "[3, 4]"), '[b"12345678"]'),
    forged("negative-shape", array('"<f8"', "[-1, 3]"), '[b"12345678" * 3]'),
    forged("huge-shape", array('"<f8"', "[10**9, 10**9, 10**9]"), '[b"12345678"]'),
    forged("many-dimensions", array('"<f8"', "[1] * 100"), '[b"12345678"]'),
    forged("shape-of-bools", array('"<f8"', "[True, True]"), '[b"12345678"]'),
    forged("missing-buffer", array('"<f8"', "[1]", "7")),
    forged("object-dtype", array('"|O"', "[1]"), '[b"12345678"]'),
    forged("dtype-by-code", array('["<f8", {"__reduce__": 1}]', "[1]"), '[b"12345678"]'),
    forged("deep-text", "'[' * 1_000_000"),
    forged("deep-json", "deep", before="deep = 0\nfor _ in range(5000):\n    deep = [deep]"),
    forged(
        "barely-deep-json",
        "deep(depths.pop())",
        before="""
depths = list(range(700, 1000, 3))
def deep(depth):
    value = 0
    for _ in range(depth):
        value = [value]
    return value
""",
    ),
    forged(
        "item-bomb", """'{"t": "list", "v": [' + '{"t": "none"},' * 100_000 + '{"t": "none"}]}'"""
    ),
    forged("text-bomb", """'{"t": "str", "v": "' + "a" * 12_000_000 + '"}'"""),
    forged("huge-integer", """'{"t": "int", "v": "' + "9" * 200_000 + '"}'"""),
    forged("odd-numbers", """'{"t": "tuple", "v": [{"t": "float", "v": "1e999999999"}, NaN]}'"""),
    forged("unknown-tag", """'{"t": "__import__", "v": "os"}'"""),
    forged("one-value-for-two", """'{"t": "tuple", "v": [{"t": "none"}]}'"""),
    forged("value-not-text", '{"t": "tuple", "v": 1}'),
    forged("lone-surrogates", r"""'{"t": "str", "v": "\\ud800"}'"""),
    Attack(
        "300-megabyte-array",
        "wire",
        "",
        {"double": "def double(x):\n    return np.zeros((300, 1 << 17))"},
        earns="total settle",
    ),
    forged("300-megabytes-of-buffers", array('"<f8"', "[1]"), "[bytes(15 << 20)] * 20"),
    forged("frame-too-large", array('"|u1"', "[20 << 20]"), "[bytes(20 << 20)]"),
    spoiled("number-out-of-range", 'lambda c: ({**c, "number": 10**30}, [])'),
    spoiled("number-not-a-number", 'lambda c: ({**c, "number": [0]}, [])'),
    spoiled("no-content", "lambda c: ({}, [])"),
    spoiled("content-a-list", "lambda c: ([1, 2, 3], [])"),
    spoiled("failure-not-a-dict", 'lambda c: ({**c, "failed": [[1]]}, [])'),
    spoiled(
        "failure-with-odd-fields",
        'lambda c: ({**c, "failed": {"kind": "right", "message": ["x"], "where": 4, "score": 4,'
        ' "exception": "x" * 5_000_000}}, [])',
    ),
    Attack(
        "garbage-frames",
        "wire",
        """
kernel = get_ipython().kernel
def garbage():
    for _ in range(1000):
        kernel.iopub_socket.send_multipart([b"<IDS|MSG>", b"", b"{", b"[", b"\\xff", b"nan"])
        kernel.iopub_socket.send_multipart([b"garbage"] * 3)
""",
        {"double": "def double(x):\n    garbage()\n    return x"},
        earns="total settle",
    ),
    Attack(
        "headers-that-are-lists",
        "wire",
        """
kernel = get_ipython().kernel
for parent in ([1], {"header": [1]}, {"header": {"msg_id": [1]}}, {"header": {"msg_id": {}}}):
    try:
        kernel.session.send(kernel.iopub_socket, "stream", [1], parent=parent)
    except Exception:
        pass
kernel.session.send(kernel.iopub_socket, "status", {"x": 1}, parent=kernel.get_parent())
kernel.session.send(kernel.iopub_socket, "stream", [1], parent=kernel.get_parent())
""",
        earns="total settle",
    ),
]

GAMING = [
    Attack(
        "hard-coded",
        "gaming",
        "seen = {(1, 2, 3): [2, 4, 6]}",
        {"double": "def double(x):\n    return np.array(seen.get(tuple(x.ravel()), [2, 4, 6]))"},
    ),
    Attack(
        "right-for-two-calls",
        "gaming",
        "calls = []",
        {
            "double": "def double(x):\n    calls.append(1)\n"
            "    return 2 * x if len(calls) < 3 else x"
        },
        earns="total",
    ),
    Attack(
        "right-outside-of-grading",
        "gaming",
        "import os",
        {
            "double": "def double(x):\n"
            "    return x if os.environ.get('NBGRADER_EXECUTION') else 2 * x"
        },
    ),
    Attack(
        "nan",
        "gaming",
        "",
        {
            "double": "def double(x):\n    return np.full(x.shape, np.nan)",
            "total": "def total(x):\n    return float('nan')",
        },
    ),
    Attack(
        "nan-input-to-match",
        "gaming",
        "",
        {"settle": "def settle(x):\n    x[:] = np.nan\n    return x"},
    ),
    Attack(
        "scalar-that-broadcasts",
        "gaming",
        "",
        {
            "double": "def double(x):\n    return np.float64(2 * x.mean())",
            "settle": "def settle(x):\n    return np.ones((1, 1))",
        },
    ),
    Attack(
        "redefined-later",
        "gaming",
        "",
        {"total": "def total(x):\n    return float(np.sum(x))\ndef double(x):\n    return x"},
        earns="double total",
    ),
    Attack(
        "stubs-left",
        "gaming",
        "",
        {"double": "def double(x):\n    raise NotImplementedError('double: not written yet')"},
        earns="total",
    ),
]

ATTACKS = [*PATCHING, *IPYTHON, *OBJECTS, *WIRE, *GAMING]
