"""Hidden tests are kept from students, and from Jupyter."""

import subprocess
import sys
import tomllib
from fnmatch import fnmatchcase

from tests.support import REPOSITORY


def test_hidden_tests_are_never_installed():
    setuptools = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert set(setuptools) <= {"package-dir", "packages", "package-data"}
    found = setuptools["packages"]["find"]
    assert "include" in found, "without a list, whatever lies there is installed"
    for name in ("grader_tests", "grader_tests.batch_norm"):
        assert not any(fnmatchcase(name, pattern) for pattern in found["include"]), name
    assert not any("grader_tests" in str(entry) for entry in setuptools["package-dir"].items())
    assert not (REPOSITORY / "setup.py").exists() and not (REPOSITORY / "setup.cfg").exists()


def test_hidden_tests_cannot_be_imported_from_the_environment(tmp_path):
    program = (
        "import importlib.util as u; print(u.find_spec('grading'), u.find_spec('grader_tests'))"
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert answer.startswith("ModuleSpec(name='grading'")
    assert answer.endswith(" None\n")


def test_hidden_tests_run_without_jupyter():
    """Not even at second hand: what they import imports no kernel either."""
    program = (
        "import pkgutil, importlib, sys, grader_tests\n"
        "for module in pkgutil.walk_packages(grader_tests.__path__, 'grader_tests.'):\n"
        "    importlib.import_module(module.name)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    loaded = set(run.stdout.split())
    jupyter = {"nbgrader", "nbconvert", "nbclient", "nbformat", "jupyter_client", "ipykernel"}
    assert loaded >= {"numpy", "grader_tests", "grading"}
    assert not loaded & (jupyter | {"jupyter_core", "IPython", "traitlets", "zmq", "psutil"})
