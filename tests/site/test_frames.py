"""Frames of sliders: which cells they are drawn from, and at which settings."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat.v4
import numpy as np
import pytest
from PIL import Image

from tests.support import REPOSITORY

CELLS = {
    "setup": "import matplotlib.pyplot as plt\nimport numpy as np\n"
    "import ipywidgets as widgets\nfrom ipywidgets import FloatLogSlider, IntSlider, interact",
    "not-needed": "raise SystemError('cells that no slider builds on are not run')",
    "rate": "rate = 1\ndef double(x):\n    return 2 * rate * x",
    "unseen": "not needed, and no code",
    "another-rate": "rate = 10",
    "numbers": "rng = np.random.default_rng(0)\nrun = {'steps': 0}\nvalues = np.zeros(2)",
    "moves-the-generator": "unused = [rng.integers(1000) for _ in range(3)]",
    "changes": "values[0] = 7\nvalues.sort()",
    "trains": "def train(run, steps):\n    run['steps'] += steps\n\ntrain(run, 5)",
    "one": "@interact(x=IntSlider(4, max=100))\ndef show(x, stay=widgets.fixed(1)):\n"
    "    plt.figure(figsize=(2, 1))\n    plt.plot([0, x])\n    plt.title(f'$x$ is {double(x)}')",
    "words": "@interact(how=['a', 'b'], loud=False, T=FloatLogSlider(1, min=-1, max=1, step=1))\n"
    "def tell(how, loud, T):\n    print(how, loud, T, rng.integers(1000), values[1], run)",
    "by-call": "widgets.interactive(lambda n: plt.plot([n]), n=(1, 3))",
    "any-text": "interact(lambda name: print(name), name='')",
    "watched": "box = widgets.IntText()\nbox.observe(print)",
    "fails": "@interact(x=(0, 1))\ndef fail(x):\n    return 1 / x",
    "page": "from IPython.display import HTML\ninteract(lambda n: HTML(str(n)), n=2)",
    "level": "level = 1",
    "broken": "level = 1 / 0",
    "later": "interact(lambda n: print(n, level), n=2)",
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    """The sliders of a lecture with these cells, and the folder of their pictures."""
    folder = tmp_path_factory.mktemp("frames")
    cells = [nbformat.v4.new_code_cell(source, id=name) for name, source in CELLS.items()]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "lecture.ipynb")
    command = [sys.executable, REPOSITORY / "website" / "frames.py", "out", "lecture.ipynb"]
    said = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    assert said.stdout.splitlines() == ["lecture.ipynb"]
    return json.loads((folder / "out" / "lecture" / "sliders.json").read_text()), folder / "out"


def test_a_slider_is_drawn_at_some_of_its_values_with_its_first_one_and_both_ends(drawn):
    [slider] = drawn[0]["one"]
    [control] = slider["controls"]  # what is fixed is none
    assert (control["name"], control["kind"], len(control["labels"])) == ("x", "range", 13)
    assert control["labels"][0] == "0" and control["labels"][-1] == "100"
    assert control["labels"][control["start"]] == "4"
    for frame in slider["frames"]:
        with Image.open(drawn[1] / "lecture" / frame["src"]) as picture:
            assert picture.size == (frame["width"], frame["height"]) == (200, 100)


def test_what_a_function_reads_is_as_it_is_when_it_is_called(drawn):
    [slider] = drawn[0]["one"]
    assert slider["frames"][-1]["alt"] == "x is 2000"


def test_cells_that_only_change_what_a_slider_reads_are_run(drawn):
    [slider] = drawn[0]["words"]
    fourth = np.random.default_rng(0).integers(1000, size=4)[-1]
    assert slider["frames"][0]["text"] == f"a False 0.1 {fourth} 7.0 {{'steps': 5}}\n"


def test_every_setting_of_several_controls_has_a_frame(drawn):
    [slider] = drawn[0]["words"]
    assert [control["kind"] for control in slider["controls"]] == ["select", "select", "range"]
    told = [frame["text"].split()[:3] for frame in slider["frames"]]
    assert told == [
        [how, loud, T] for how in "ab" for loud in ("False", "True") for T in ("0.1", "1.0", "10.0")
    ]


def test_where_there_can_be_no_frames_it_says_why(drawn):
    assert "Text takes any value" in drawn[0]["any-text"]
    assert "no function" in drawn[0]["watched"]
    assert "ZeroDivisionError" in drawn[0]["fails"]
    assert "text/html" in drawn[0]["page"]
    assert "broken ends with ZeroDivisionError" in drawn[0]["later"]
    assert [name for name, found in drawn[0].items() if isinstance(found, list)] == [
        "one",
        "words",
        "by-call",
    ]
