"""What students get, in one zip: ``make bundle``, of some modules only with ``MODULES="…"``.

The zip holds one folder, in which the files lie as in the repository, so that links between them
hold; where a link leads to a module that is not in it, its words stay. The same files give the same
bytes.
"""

import json
import re
import sys
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

NAME = "improving-deep-neural-networks"
FOLDERS = ("course", "release")
FILES = ("LICENSE", "constraints.txt", "environment.yml")
START = "START.md"
# The repository's own pyproject.toml would install the grading engine too.
PYPROJECT = """\
[build-system]
requires = {requires}
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "{version}"
description = "Lectures and assignments on improving deep neural networks"
requires-python = "{python}"
license = "{license}"
license-files = ["LICENSE"]
dependencies = {dependencies}

[project.scripts]
course = "handout.lab:main"

[tool.setuptools]
package-dir = {{ lecturekit = "course/lecturekit" }}
packages = ["grading.boundary", "grading.handed_in", "handout", "lecturekit"]
package-data = {{ handout = ["released/*/*.ipynb", "released/*/checks/*.*", "jupyter/**/*.*"] }}

# Where an install without `--editable` is to be found by nbgrader, as on a hub.
[tool.setuptools.data-files]
"etc/jupyter" = ["handout/nbgrader_config.py"]
"""
# What Validate needs: how a notebook is read, arranged and run is the same when it is graded.
CONFIG = "nbgrader_config.py"  # read in the folder in which JupyterLab is started
VALIDATE = (
    "grading/boundary/__init__.py",
    "grading/boundary/leniency.py",
    "handout/__init__.py",
    "handout/lab.py",
    "handout/nbgrader_config.py",
    "handout/validation.py",
)
ARRANGING = "grading/handed_in"
LAB = "handout/jupyter"  # JupyterLab's settings for students
RELEASED = "handout/released"  # a copy that nobody works in


def write(repository: Path, archive: Path, due: str = "", modules: Collection[str] = ()) -> None:
    """Write the zip of lectures and released assignments, without anything of grading.

    The first page gets `due`, a table of Markdown that says when work is due, if there is one. Of
    `modules` those that are named are in it, or all.

    Raises
    ------
    SystemExit
        If there is no such module.
    """
    known = {path.name for path in (repository / "release").iterdir() if path.is_dir()}
    if unknown := sorted(set(modules) - known):
        raise SystemExit(
            f"There is no module {', '.join(unknown)} in release/, so nothing was written. "
            f"There are: {', '.join(sorted(known))}."
        )
    absent = known.difference(modules) if modules else set()
    with ZipFile(archive, "w") as bundle:
        for path, content in sorted(_contents(repository, due)):
            if absent.intersection(path.split("/")):
                continue
            if absent and path.endswith((".md", ".ipynb")):
                content = _without_links(content.decode(), absent).encode()
            # A fixed date and mode: the bytes depend on names and contents only.
            entry = ZipInfo(f"{NAME}/{path}", date_time=(2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3  # Unix, whichever system writes it
            entry.compress_type = ZIP_DEFLATED
            bundle.writestr(entry, content)


def _contents(repository: Path, due: str) -> Iterator[tuple[str, bytes]]:
    start = (repository / START).read_text(encoding="utf-8")
    if due:
        title, rest = start.split("\n## ", 1)
        start = f"{title}\n## When work is due\n\n{due}\n\n## {rest}"
    yield START, start.encode()
    for name in (*FILES, *VALIDATE):
        yield name, (repository / name).read_bytes()
    for path in (repository / ARRANGING).glob("*.py"):
        yield f"{ARRANGING}/{path.name}", path.read_bytes()
    for path in (repository / LAB).rglob("*.*"):
        yield path.relative_to(repository).as_posix(), path.read_bytes()
    for pattern in ("*/*.ipynb", "*/checks/*.*"):
        for path in (repository / "release").glob(pattern):
            inside = path.relative_to(repository / "release").as_posix()
            yield f"{RELEASED}/{inside}", path.read_bytes()
    yield CONFIG, (repository / "handout" / CONFIG).read_bytes()
    yield "pyproject.toml", _pyproject(repository).encode()
    for folder in FOLDERS:
        for path in (repository / folder).rglob("*"):
            parts = path.relative_to(repository).parts
            left_behind = any(part.startswith(".") or part == "__pycache__" for part in parts)
            if path.is_file() and not left_behind:
                yield "/".join(parts), path.read_bytes()


def _without_links(text: str, absent: Collection[str]) -> str:
    """A page in which links to these modules are their words only."""
    names = "|".join(map(re.escape, sorted(absent)))
    return re.sub(rf"(?<!!)\[([^\[\]]*)\]\((?:[^()\s]*/)?(?:{names})(?:/[^()\s]*)?\)", r"\1", text)


def _pyproject(repository: Path) -> str:
    """What pip needs in order to install `lecturekit` and the packages that students need."""
    whole = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    project = whole["project"]
    return PYPROJECT.format(
        name=NAME,
        requires=json.dumps(whole["build-system"]["requires"]),
        version=project["version"],
        python=project["requires-python"],
        license=project["license"],
        dependencies=json.dumps(project["dependencies"], indent=4),
    )


if __name__ == "__main__":
    archive, due, modules = Path(f"{NAME}.zip"), "".join(sys.argv[1:2]), sys.argv[2:]
    write(Path(__file__).resolve().parents[1], archive, due, modules)
    print(f"Wrote {archive} ({archive.stat().st_size / 1e6:.1f} MB), ready to hand out.")
