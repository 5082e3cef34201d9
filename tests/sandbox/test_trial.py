"""Which way of sealing is chosen; no kernel is started here."""

from __future__ import annotations

from typing import Any

import pytest

from grading.sandbox import trial
from grading.sandbox.ways import TRIED, WAYS

BOTH = ("namespaces", "landlock")


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch):
    """Choose, where some ways are broken and the kernels of others do not answer."""

    def chosen(seal: str, broken: tuple[str, ...] = (), silent: tuple[str, ...] = ()) -> str:
        for name in BOTH:
            why = f"no {name}" if name in broken else None
            way = WAYS[name]._replace(problem=lambda why=why: why)
            monkeypatch.setitem(WAYS, name, way)

        def ask(provisioner: dict[str, Any]) -> str | None:
            return "no answer" if provisioner["seal"] in silent else None

        monkeypatch.setattr(trial, "_problem", ask)
        return trial.choose({"seal": seal})

    return chosen


def test_the_first_that_works_is_taken(choose) -> None:
    assert choose(TRIED) == "namespaces"
    assert choose(TRIED, broken=("namespaces",)) == "landlock"
    assert choose(TRIED, silent=("namespaces",)) == "landlock"


def test_a_setting_has_one_way_taken_and_no_other(choose) -> None:
    assert choose("landlock") == "landlock"
    with pytest.raises(trial.NoSeal, match=r"^no namespaces$"):
        choose("namespaces", broken=("namespaces",))


def test_where_none_works_it_is_said_of_each_why(choose) -> None:
    with pytest.raises(trial.NoSeal, match=r"^no namespaces\nNor without namespaces: no answer$"):
        choose(TRIED, broken=("namespaces",), silent=("landlock",))
