"""What goes into a sealed kernel: the modules that answer there, and the code that asks them.

They are put among the kernel's modules, under the names that they have here, before any student
code runs: no name of the student's is touched, and none is needed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grading.boundary import answering, outcome, wire

PREPARATION = """\
def prepare(texts):
    import sys, types
    for name, text in texts.items():
        module = sys.modules[name] = types.ModuleType(name)
        exec(compile(text, f"<{{name}}>", "exec"), vars(module))

prepare({texts!r})
del prepare
"""


def preparation() -> str:
    """The code that a new kernel runs first."""
    texts = {module.__name__: Path(module.__file__).read_text() for module in (wire, outcome)}
    texts[answering.__name__] = Path(answering.__file__).read_text()  # it imports the others
    return PREPARATION.format(texts=texts)


def request(questions: Sequence[dict[str, Any]]) -> str:
    """The code that has questions answered; see :func:`grading.boundary.answering.serve`."""
    module = f"__import__('sys').modules[{answering.__name__!r}]"
    return f"{module}.serve({json.dumps(questions)!r})"
