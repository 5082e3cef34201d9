"""What can change a score changes the engine's hash, and nothing else does."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

from grading.grade import fingerprint
from grading.grade.fingerprint import _needed

IMPORTS = ("numpy", "matplotlib.pyplot")


@pytest.fixture(autouse=True)
def afresh():
    """Hashes are kept for the life of a process; here each is made anew."""
    fingerprint.engine.cache_clear()
    yield
    fingerprint.engine.cache_clear()


def install(folder: Path, name: str, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a distribution installed that brings one module of its own name."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text(f"{name}.py,,\n")
    (folder / f"{name}.py").touch()
    if str(folder) not in sys.path:
        monkeypatch.syspath_prepend(folder)


def test_an_unrelated_package_changes_nothing(tmp_path, monkeypatch):
    before = fingerprint.engine(IMPORTS)
    install(tmp_path, "unrelated", "1.0", monkeypatch)
    fingerprint.engine.cache_clear()
    assert metadata.version("unrelated") == "1.0"
    assert fingerprint.engine(IMPORTS) == before


@pytest.mark.parametrize(
    "package", ["numpy", "pillow", "ipykernel", "ipython", "nbgrader", "nbconvert"]
)
def test_another_version_of_what_a_kernel_or_nbgrader_is_made_of_does(
    package, tmp_path, monkeypatch
):
    before = fingerprint.engine(IMPORTS)
    monkeypatch.setattr(
        metadata,
        "version",
        lambda name, real=metadata.version: "999" if name == package else real(name),
    )
    fingerprint.engine.cache_clear()
    assert fingerprint.engine(IMPORTS) != before


def test_a_package_that_kernels_are_told_to_import_counts(tmp_path, monkeypatch):
    install(tmp_path, "extra", "1.0", monkeypatch)
    before = fingerprint.engine((*IMPORTS, "extra.part"))
    (tmp_path / "extra-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: extra\nVersion: 2.0\n"
    )
    fingerprint.engine.cache_clear()
    assert fingerprint.engine((*IMPORTS, "extra.part")) != before


def test_what_is_needed_is_followed_and_what_is_missing_is_passed_over():
    needed = _needed({"matplotlib", "no-such-distribution"})
    assert needed >= {"matplotlib", "pillow", "python-dateutil"}
    assert "no-such-distribution" not in needed


def test_equal_configurations_have_equal_hashes():
    def rule(late):
        return 2 * late

    def same(late):
        return 2 * late

    def other(late):
        return 3 * late

    assert fingerprint.of({"a": {1, 2}, "b": b"x"}) == fingerprint.of({"b": b"x", "a": {2, 1}})
    assert fingerprint.of(rule) == fingerprint.of(same) != fingerprint.of(other)
