"""The sliders of lectures, with frames that are drawn while pages are read."""

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

from sphinx.application import Sphinx

FRAMES = Path(__file__).with_name("frames.py")
FOLDER = "sliders"  # of the site, with all pictures
ON_PAPER = 4
ONE_THREAD = {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def draw(app: Sphinx) -> None:
    """Begin to draw the frames of all lectures with sliders."""
    pages = sorted(Path("course").rglob("*.ipynb"))
    app.undrawn = {str(page) for page in pages if "ipywidgets" in page.read_text(encoding="utf-8")}
    app.drawing = subprocess.Popen(
        [sys.executable, FRAMES, app.outdir / FOLDER, *sorted(app.undrawn)],
        env=os.environ | ONE_THREAD,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )


def _drawn(app: Sphinx, name: str) -> dict[str, list | str]:
    """The sliders of a page, as `frames.py` tells them, as soon as it has drawn them."""
    while f"{name}.ipynb" in app.undrawn:
        if not (done := app.drawing.stdout.readline().strip()):
            raise ChildProcessError(f"{FRAMES.name} ended before it had drawn {name}")
        app.undrawn.remove(done)
    listed = app.outdir / FOLDER / name / "sliders.json"
    if not listed.exists():
        return {}
    found = json.loads(listed.read_text(encoding="utf-8"))
    listed.unlink()
    return found


def of_page(app: Sphinx, name: str) -> dict[str, str]:
    """What a page shows in place of its sliders, by the id of the cell."""
    folder = f"{'../' * name.count('/')}{FOLDER}/{name}/"
    start = app.builder.get_relative_uri(name, "START")
    return {
        cell: app.builder.templates.render(
            "slider.html",
            {"sliders": [] if isinstance(made, str) else map(_strip, made)}
            | {"folder": folder, "start": start},
        )
        for cell, made in _drawn(app, name).items()
    }


def _strip(slider: dict) -> dict:
    """A slider with the frame to begin with, and those that are shown on paper."""
    controls = slider["controls"]
    settings = [*product(*(control["labels"] for control in controls))]
    for frame, labels in zip(slider["frames"], settings, strict=True):
        pairs = zip(controls, labels, strict=True)
        frame["setting"] = ", ".join(f"{control['name']} = {label}" for control, label in pairs)
        frame["alt"] = frame["alt"] or frame["setting"]
    start = [control["labels"][control["start"]] for control in controls]
    along = controls[0]["labels"] if controls else []
    some = [along[round(i * (len(along) - 1) / (ON_PAPER - 1))] for i in range(ON_PAPER)]
    at = dict(zip(settings, slider["frames"], strict=True))
    strip = {label: at[label, *start[1:]] for label in some}
    return slider | {"now": at[tuple(start)], "strip": strip.values()}
