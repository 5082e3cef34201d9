"""The zip for students is complete, works alone, and holds nothing of grading."""

import ast
import filecmp
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from nbconvert.filters import markdown2html

from handout.bundle import NAME, write
from tests.support import REPOSITORY
from tests.support.handed_out import PYTHON, hand_out, install, make_environment, run, unzip

FOLDERS = {"course", "release"}
FILES = {"LICENSE", "START.md", "constraints.txt", "environment.yml"}
OURS = re.compile(
    r"(BEGIN|END) (SOLUTION|HIDDEN|MARK)|grader_tests|\bgrade\(|grading[./]|import grading"
    r"|grading-secret|REFERENCE"
)
# What Validate needs, and of it nothing that knows an answer.
VALIDATE = re.compile(
    r"handout/\w+\.py|grading/(handed_in/\w+|boundary/(__init__|leniency))\.py|pyproject\.toml"
)
SECRET = re.compile(
    r"(BEGIN|END) (SOLUTION|HIDDEN|MARK)|grader_tests|import grading"
    r"|from grading(?!\.handed_in|\.boundary import leniency)"
)
UNWRITTEN = ["mini_batches", "to do: not written yet", "10", "26"]  # its row of the progress
FRAMEWORKS = {"keras", "tensorflow", "torch", "torchvision"}  # lectures say where they need them


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student's folder."""
    return hand_out(tmp_path_factory.mktemp("student"))


@pytest.fixture(scope="module")
def unzipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle as it comes, without what installing and working add."""
    return unzip(tmp_path_factory.mktemp("unzipped"))


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def notebooks(folder: Path) -> list[Path]:
    found = [path for name in sorted(FOLDERS) for path in sorted((folder / name).rglob("*.ipynb"))]
    assert len(found) > 20
    return found


def imported(path: Path) -> set[str]:
    """The packages that a notebook imports."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def links(page: Path) -> list[str]:
    """The addresses of the links and images of a page, or of a notebook's text."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".ipynb":
        cells = nbformat.reads(text, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    tags = BeautifulSoup(markdown2html(text), "html.parser")(["a", "img"])
    return [tag.get("href") or tag["src"] for tag in tags]


def test_everything_for_students_is_in_it_and_nothing_else(unzipped):
    assert {path.name for path in unzipped.iterdir()} == {
        *FOLDERS,
        *FILES,
        "grading",
        "handout",
        "nbgrader_config.py",
        "pyproject.toml",
    }
    assert {path.name for path in (unzipped / "grading").iterdir()} == {"boundary", "handed_in"}
    assert files(unzipped / "grading/boundary") == {"__init__.py", "leniency.py"}
    assert not filecmp.dircmp(unzipped / "release", unzipped / "handout/released").right_only
    for name in FOLDERS:
        tracked = subprocess.run(
            ["git", "ls-files", "-z", name], cwd=REPOSITORY, capture_output=True, text=True
        ).stdout
        if tracked:  # not in a copy without git
            assert {f"{name}/{path}" for path in files(unzipped / name)} == set(
                tracked.strip("\0").split("\0")
            )
        _, differing, errors = filecmp.cmpfiles(
            REPOSITORY / name, unzipped / name, files(unzipped / name), shallow=False
        )
        assert not differing and not errors


def test_nothing_of_hidden_tests_or_grading_is_in_it(unzipped):
    for name in files(unzipped):
        content = (unzipped / name).read_bytes().decode(errors="replace")
        ours = SECRET if VALIDATE.fullmatch(name) else OURS
        assert ours.search(content) is None, name


def test_the_same_files_give_the_same_bytes_and_leftovers_stay_out(tmp_path):
    write(REPOSITORY, tmp_path / "first.zip")
    copy = tmp_path / "copy"
    for name in (*FOLDERS, "grading", "handout"):
        leftovers = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(
            REPOSITORY / name, copy / name, copy_function=shutil.copyfile, ignore=leftovers
        )
    for name in (*FILES, "pyproject.toml"):
        shutil.copyfile(REPOSITORY / name, copy / name)
    for name in (
        ".grading-secret",
        "course/.ipynb_checkpoints/01-checkpoint.ipynb",
        "course/lecturekit/__pycache__/plots.pyc",
        "release/.DS_Store",
        "source/answers.ipynb",
    ):
        path = copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("left behind")
    write(copy, tmp_path / "second.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_make_bundle_says_what_it_wrote(tmp_path):
    program = REPOSITORY / "handout" / "bundle.py"
    done = subprocess.run(
        [sys.executable, program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"Wrote {NAME}.zip ")
    with ZipFile(tmp_path / f"{NAME}.zip") as bundle:
        assert bundle.testzip() is None
        assert {name.partition("/")[0] for name in bundle.namelist()} == {NAME}


def test_links_lead_to_files_of_the_bundle(unzipped):
    assert leading_links(unzipped) > 100


def test_a_bundle_of_one_module_has_no_other_and_no_link_to_one(tmp_path):
    write(REPOSITORY, tmp_path / "one.zip", modules=["module2_optimization"])
    with ZipFile(tmp_path / "one.zip") as bundle:
        bundle.extractall(tmp_path)
    found = {part for path in files(tmp_path / NAME) for part in path.split("/")}
    modules = {path.name for path in (REPOSITORY / "release").iterdir() if path.is_dir()}
    assert found & modules == {"module2_optimization"}
    assert {"3_optimizers.ipynb", "glossary.md", "optimizers.py"} <= found
    assert leading_links(tmp_path / NAME) > 50
    with pytest.raises(SystemExit, match=r"no module module9 in release/.*There are: module1"):
        write(REPOSITORY, tmp_path / "none.zip", modules=["module9"])


def leading_links(folder: Path) -> int:
    """How many links lead to a file of the folder; none leads elsewhere."""
    leading, pages = 0, [path for name in FOLDERS for path in (folder / name).rglob("*.ipynb")]
    for page in [*pages, *folder.rglob("*.md")]:
        for link in links(page):
            parts = urlsplit(link)
            if parts.scheme or not parts.path:
                continue
            target = (page.parent / unquote(parts.path)).resolve()
            assert target.is_file() and target.is_relative_to(folder.resolve()), (page, link)
            leading += 1
    return leading


def test_the_environment_has_the_lectures_package_and_nothing_of_grading(folder):
    program = (
        "import importlib.util, json; print(json.dumps("
        "{name: spec and spec.origin for name in "
        "('lecturekit', 'grading.judging', 'grading.marking', 'grader_tests')"
        " for spec in [importlib.util.find_spec(name)]}))"
    )
    found = json.loads(run(folder, PYTHON, "-c", program).stdout)
    assert found == {
        "lecturekit": str(folder / "course" / "lecturekit" / "__init__.py"),
        "grading.judging": None,
        "grading.marking": None,
        "grader_tests": None,
    }


def test_conda_installs_from_the_bundle_alone(tmp_path):
    """conda writes the pip section to a file beside environment.yml, and gives it to pip there."""
    folder = unzip(tmp_path)
    make_environment(folder)
    dependencies = yaml.safe_load((folder / "environment.yml").read_text())["dependencies"]
    (section,) = (entry["pip"] for entry in dependencies if isinstance(entry, dict))
    (folder / "condaenv.requirements.txt").write_text("\n".join(section))
    install(folder, "-r", "condaenv.requirements.txt")
    assert run(folder, PYTHON, "-c", "import lecturekit").returncode == 0


def test_every_notebook_finds_what_it_imports(folder):
    names = set().union(*map(imported, notebooks(folder))) - FRAMEWORKS - {"checks", "optuna"}
    assert {"numpy", "matplotlib", "lecturekit"} <= names
    done = run(folder, PYTHON, "-c", f"import {', '.join(sorted(names))}")
    assert done.returncode == 0, done.stderr


def test_a_lecture_gives_its_stored_outputs(folder):
    lecture = "course/module2_optimization/02_weighted_averages.ipynb"
    done = run(folder, PYTHON, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", lecture)
    assert done.returncode == 0, done.stdout


def test_an_assignment_runs_past_unwritten_answers_up_to_what_needs_them(folder):
    assignment = "release/module2_optimization/1_mini_batches.ipynb"
    convert = (PYTHON, "-m", "nbconvert", "--to", "notebook", "--stdout", "--execute")
    done = run(folder, *convert, "--allow-errors", assignment)
    assert done.returncode == 0, done.stderr
    cells = nbformat.reads(done.stdout, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    errors = {cell.id: o for cell in code for o in cell.outputs if o.output_type == "error"}
    assert next(iter(errors.values())).evalue.endswith(": not written yet")
    assert not any(id.endswith("-checks") for id in errors)
    said = {cell.id: cell.outputs for cell in code}
    assert said["mini_batches-checks"][0].text == "mini_batches: not written yet\n"
    shown = said["progress"][0].data["text/plain"]
    assert re.split(" {2,}", shown.splitlines()[1]) == UNWRITTEN
    assert shown.endswith("0 of 3 done; about 56 minutes left.")
    assert "torn-run-1" not in errors and "torn-run-2" in errors


def test_validating_an_unfinished_notebook_says_what_is_to_do_and_fails(folder):
    """nbgrader's own verdict would be success, for the graded tests are not in the notebook."""
    notebook = "release/module2_optimization/1_mini_batches.ipynb"
    done = run(folder, PYTHON, "-m", "nbgrader", "validate", notebook)
    assert done.stdout.splitlines() == [
        f"{notebook}: 0 of 3 questions pass their visible checks.",
        "  … mini_batches (10 points): not written yet",
        "  … gradient_descent_step (4 points): not written yet",
        "  … accumulate_gradients (5 points): not written yet",
    ]
    assert done.returncode == 1


def test_on_a_hub_validate_works_in_every_folder(tmp_path):
    folder = unzip(tmp_path)
    make_environment(folder)
    install(folder, ".")
    home = tmp_path / "home" / "work"
    home.mkdir(parents=True)
    shutil.copy(folder / "release/module2_optimization/1_mini_batches.ipynb", home)
    command = (str(folder / PYTHON), "-m", "nbgrader", "validate", "1_mini_batches.ipynb")
    done = run(home, *command)
    assert "0 of 3 questions pass" in done.stdout, done.stderr
    assert done.returncode == 1
    (packages,) = folder.glob(".venv/lib/python*/site-packages")
    assert (packages / "handout/jupyter/labconfig/page_config.json").exists()
    assert "no START.md here" in run(home, str(folder / ".venv/bin/course")).stderr
