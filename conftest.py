"""What every run of pytest here needs to know, `pytest --nbval course` included."""

import ast
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.lectures import answered, is_your_turn

# `make test-frameworks`, `make test-site` and `make test-hub` have what these need.
collect_ignore = []
if find_spec("torch") is None:
    collect_ignore += [
        "tests/frameworks",
        "course/module3_tuning_batchnorm/05_frameworks.ipynb",
    ]
if not Path(__file__).with_name("site").exists():
    collect_ignore += ["tests/site"]
if "TEST_HUB" not in os.environ:
    collect_ignore += ["tests/hub"]

# Runs in a lecture's kernel, and leaves the lecture's names as they are.
TRY = """
with __import__("contextlib").redirect_stdout(__import__("io").StringIO()) as _said:
    exec({source!r}, dict(globals()))
"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Where nbval has run a cell to fill in as it is handed out, try its folded answer, too."""
    result = yield
    cell = getattr(item, "cell", None)
    if cell is not None and is_your_turn(cell):
        said = _try(item.parent.kernel, answered(item.parent.nb, cell))
        checks = sum(line.startswith("check(") for line in cell.source.splitlines())
        lines = said.splitlines()
        assert len(lines) == checks and all(x.endswith(": right.") for x in lines), (
            f"Filled in:\n{said}"
        )
    return result


def _try(kernel: object, source: str) -> str:
    """What a cell prints, or why it fails."""
    expressions = {"said": "_said.getvalue()"}
    sent = kernel.kc.execute(TRY.format(source=source), silent=True, user_expressions=expressions)
    while (reply := kernel.get_message("shell", timeout=120))["parent_header"]["msg_id"] != sent:
        pass
    content = reply["content"]
    if content["status"] != "ok":
        return f"The folded answer ends with {content['ename']}: {content['evalue']}"
    return ast.literal_eval(content["user_expressions"]["said"]["data"]["text/plain"])
