"""The rules that every lecture keeps, read from its file; nbval runs the lectures themselves.

Of the code that lectures share, the network is held to its numerical derivative.
"""

import dis
import re
from itertools import takewhile
from pathlib import Path
from statistics import median
from types import CodeType

import nbformat
import numpy as np
import pytest
from lecturekit.datasets import one_hot
from lecturekit.networks import Network

from tests.support.lectures import COURSE, NOTEBOOKS, code_cells, is_slider, is_your_turn
from tests.support.notebooks import read_notebook

PAGES = sorted(COURSE.rglob("*.md"))
GLOSSARY = COURSE / "glossary.md"

HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
TO_NOTEBOOK = re.compile(r"\[[^\]]*\]\([^)\s]+\.ipynb[^)\s]*\)")
CODE_OR_FORMULA = re.compile(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$", re.DOTALL)
MINUTES = re.compile(r"(\d+) minutes")
CHOICE = re.compile(r"^[*-] \*\*([a-d])\*\* ", re.MULTILINE)
ANSWER = re.compile(r"<details><summary>Answer</summary>\n<b>(.)\.</b> .*\n</details>")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|root|home|tmp|Users)/\w")


def markdown(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def prose(path: Path) -> str:
    """The text of a page or of a lecture's markdown cells."""
    if path.suffix == ".ipynb":
        return "\n\n".join(markdown(read_notebook(path)))
    return path.read_text(encoding="utf-8")


def headings(text: str, level: int | None = None) -> list[str]:
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [title for marks, title in HEADING.findall(text) if level in (None, len(marks))]


def functions(code: CodeType) -> dict[str, CodeType]:
    """The functions that a cell or a function defines."""
    return {part.co_name: part for part in code.co_consts if isinstance(part, CodeType)}


def globals_read(code: CodeType) -> set[str]:
    """What a function, and those inside it, take from outside, called by name."""
    names = {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
    return names.union(*map(globals_read, functions(code).values()))


def sections(notebook: nbformat.NotebookNode, levels: str) -> list[list[nbformat.NotebookNode]]:
    """The cells from one heading of the given levels to the next; the first part has none."""
    parts: list[list[nbformat.NotebookNode]] = [[]]
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and re.match(rf"#{{{levels}}} ", cell.source):
            parts.append([])
        parts[-1].append(cell)
    return parts


each_lecture = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=[str(path.relative_to(COURSE)) for path in NOTEBOOKS]
)
# Lectures in which one predicts and fills in: those with a prediction keep the rules for both.
each_interactive = pytest.mark.parametrize(
    "path",
    [path for path in NOTEBOOKS if "**Predict.**" in path.read_text(encoding="utf-8")],
    ids=lambda path: str(path.relative_to(COURSE)),
)
each_text = pytest.mark.parametrize(
    "path",
    [*NOTEBOOKS, *PAGES],
    ids=[str(path.relative_to(COURSE)) for path in [*NOTEBOOKS, *PAGES]],
)


@each_lecture
def test_a_lecture_opens_with_its_only_h1_its_aims_and_its_minutes(path):
    notebook = read_notebook(path)
    opening = notebook.cells[0].source
    assert headings("\n\n".join(markdown(notebook)), level=1) == headings(opening, level=1)
    assert opening.startswith("# ")
    aims = re.findall(r"^[*-] ", opening, re.MULTILINE)
    assert 3 <= len(aims) <= 5, f"{len(aims)} aims; a lecture names 3 to 5"
    assert MINUTES.search(opening), "the opening says how many minutes it takes"


@each_lecture
def test_a_lecture_ends_with_a_summary_that_links_on(path):
    last = read_notebook(path).cells[-1]
    assert last.cell_type == "markdown"
    assert LINK.search(last.source), "the last cell links to what comes next"


@each_lecture
def test_a_heading_stands_over_at_most_a_dozen_code_cells(path):
    for part in sections(read_notebook(path), "2,3"):
        cells = sum(cell.cell_type == "code" for cell in part)
        assert cells <= 12, f"{part[0].source.splitlines()[0]!r} has {cells} code cells"


@each_lecture
def test_every_section_asks_a_question(path):
    for part in sections(read_notebook(path), "2")[1:-1]:
        text = "\n".join(cell.source for cell in part)
        assert "<details" in text, f"no question in {part[0].source.splitlines()[0]!r}"


@each_interactive
def test_every_section_has_a_prediction_and_something_to_fill_in(path):
    for part in sections(read_notebook(path), "2")[1:-1]:
        text = "\n".join(cell.source for cell in part)
        title = part[0].source.splitlines()[0]
        assert "**Predict.**" in text, f"nothing to predict in {title!r}"
        assert any(map(is_your_turn, part)), f"nothing to fill in in {title!r}"


@each_interactive
def test_a_prediction_has_choices_and_its_answer_comes_folded_with_the_result(path):
    cells = read_notebook(path).cells
    for i, cell in enumerate(cells):
        if "**Predict.**" in cell.source:
            choices = CHOICE.findall(cell.source)
            assert len(choices) >= 2, f"{cell.id} has no choices, such as * **a** the first"
            after = cells[i + 1 :]
            result = next(cell for cell in after if "answer(" in cell.source)
            between = after[: after.index(result)]
            assert not any(is_shown(cell) for cell in between), f"{cell.id}: the result is in sight"
            assert not is_shown(result), f"{result.id} stores its answer unfolded"
            first_line = result.source.splitlines()[0]  # JupyterLab shows it of a folded cell
            assert is_folded(result) and "answer(" not in first_line, f"{result.id} gives it away"
            html = "\n".join(
                output.get("data", {}).get("text/html", "") for output in result.outputs
            )
            [said] = ANSWER.findall(html)
            assert said in choices, f"{result.id} answers {said}"


@each_interactive
def test_no_figure_right_below_a_prediction_gives_it_away(path):
    cells = read_notebook(path).cells
    for i, cell in enumerate(cells):
        if "answer(" in cell.source:
            below = takewhile(lambda cell: cell.cell_type == "code", cells[i + 1 :])
            shown = [cell.id for cell in below if is_shown(cell) and "plots.show(" in cell.source]
            assert not shown, f"fold the output of {', '.join(shown)}, too"


def test_cells_are_short():
    cells = [cell for path in NOTEBOOKS for cell in code_cells(read_notebook(path))]
    lengths = sorted(sum(map(bool, cell.source.splitlines())) for cell in cells)
    assert lengths[len(lengths) // 2] <= 5
    assert lengths[len(lengths) * 9 // 10] <= 12


@each_interactive
def test_a_folded_result_does_not_begin_with_its_answer(path):
    """JupyterLab shows the first line of a folded output, where the code is not folded with it."""
    for cell in code_cells(read_notebook(path)):
        if cell.metadata.get("jupyter", {}).get("outputs_hidden") and not is_folded(cell):
            first_line = cell.outputs[0].text.splitlines()[0]
            assert not re.search(r"\d|True|False", first_line), f"{cell.id} tells {first_line!r}"


def is_folded(cell: nbformat.NotebookNode) -> bool:
    """JupyterLab shows a bar in place of the cell's code."""
    return cell.metadata.get("jupyter", {}).get("source_hidden", False)


def is_shown(cell: nbformat.NotebookNode) -> bool:
    """A reader sees a stored output of the cell without unfolding it."""
    hidden = cell.metadata.get("jupyter", {}).get("outputs_hidden")
    return bool(cell.get("outputs")) and not hidden


@each_interactive
def test_a_lecture_looks_back_and_closes_with_a_quiz(path):
    notebook = read_notebook(path)
    if path != NOTEBOOKS[0]:
        assert "**Recall.**" in prose(path), "no question on an earlier lecture"
    closing = "\n".join(cell.source for cell in sections(notebook, "2")[-1])
    assert closing.count("<details>") == 5, "the last section is a quiz of five"


@each_interactive
def test_code_that_only_plots_is_folded(path):
    for cell in code_cells(read_notebook(path)):
        if "plots.show(" in cell.source:
            assert is_folded(cell), f"fold {cell.id}"


@each_interactive
def test_a_slider_redraws_when_it_is_let_go(path):
    for cell in code_cells(read_notebook(path)):
        if is_slider(cell):
            assert "continuous_update=False" in cell.source, cell.id


@each_interactive
def test_a_slider_still_moves_when_the_lecture_has_run_to_its_end(path):
    cells = code_cells(read_notebook(path))
    codes = [compile(cell.source, cell.id, "exec") for cell in cells]
    known: dict[str, CodeType] = {}
    for place, cell in enumerate(cells):
        own = functions(codes[place])
        known |= own
        if is_slider(cell):
            needed, left = set(), list(own.values())
            while left:
                new = globals_read(left.pop()) - needed
                needed |= new
                left += [known[name] for name in new & set(known)]
            for later in codes[place + 1 :]:
                bound = {s.argval for s in dis.get_instructions(later) if s.opname == "STORE_NAME"}
                assert not needed & bound, f"{later.co_filename} changes what {cell.id} draws"


@each_interactive
def test_every_comparison_states_the_order_that_it_shows(path):
    text = "\n".join(cell.source for cell in code_cells(read_notebook(path)))
    compared = re.findall(r"^(\w+) = compare\(", text, re.MULTILINE)
    assert not [name for name in compared if f"{name}.ranking(" not in text]


@each_lecture
def test_code_that_one_reads_comes_in_short_cells(path):
    cells = [cell for cell in code_cells(read_notebook(path)) if not is_folded(cell)]
    lengths = [len(cell.source.splitlines()) for cell in cells]
    assert median(lengths) <= 5
    assert sum(length > 12 for length in lengths) <= 0.1 * len(lengths)
    assert max(lengths) <= 30


@each_lecture
def test_a_lecture_is_committed_as_one_clean_run(path):
    notebook = read_notebook(path)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    ran = [cell for cell in code_cells(notebook) if not is_slider(cell)]
    counts = [cell.execution_count for cell in ran]
    assert None not in counts, "run all cells, then save"
    assert counts == sorted(set(counts)), "run all cells in order from a fresh kernel, then save"
    for cell in ran:
        for output in cell.outputs:
            assert output.output_type != "error", f"cell {cell.id} stores an error"
            assert output.get("name") != "stderr", f"cell {cell.id} stores a warning"


@each_lecture
def test_cell_ids_are_words(path):
    ids = [cell.id for cell in read_notebook(path).cells]
    assert len(set(ids)) == len(ids)
    assert not [id_ for id_ in ids if not re.fullmatch(r"[a-z]+\d?([_-][a-z0-9]+)*", id_)]
    assert not [id_ for id_ in ids if re.fullmatch(r"[0-9a-f]{8}", id_)], "made by a machine"


@each_lecture
def test_every_figure_has_a_caption_as_its_alt_text(path):
    for cell in code_cells(read_notebook(path)):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                alt = output.metadata.get("image/png", {}).get("alt", "")
                assert alt.endswith("."), f"show the figure of {cell.id} with plots.show"


@each_lecture
def test_a_lecture_links_its_terms_to_the_glossary(path):
    assert "glossary.md#" in prose(path)


@each_text
def test_every_image_in_the_text_has_alt_text(path):
    for image, words, target in LINK.findall(CODE_OR_FORMULA.sub("", prose(path))):
        assert words or not image, f"the image {target} has no alt text"


@each_text
def test_nothing_names_a_path_of_the_machine_it_was_made_on(path):
    found = MACHINE_PATH.search(path.read_text(encoding="utf-8"))
    assert not found, f"{found and found.group()}…"


@each_lecture
def test_the_readme_lists_every_lecture_with_its_minutes(path):
    minutes = MINUTES.search(read_notebook(path).cells[0].source)[1]
    row = rf"\]\({path.relative_to(COURSE)}\) \|.*\| {minutes} \|"
    assert re.search(row, (COURSE / "README.md").read_text(encoding="utf-8")), "a row is missing"


def test_the_glossary_is_alphabetical_and_defines_each_term_once():
    terms = headings(GLOSSARY.read_text(encoding="utf-8"), level=2)
    assert terms == sorted(set(terms), key=str.casefold)


def test_the_lecture_that_the_glossary_names_uses_the_term_and_links_back():
    for entry in GLOSSARY.read_text(encoding="utf-8").split("\n## ")[1:]:
        term, _, body = entry.partition("\n")
        for _, _, target in LINK.findall(body):
            if target.endswith(".ipynb"):
                link = f"glossary.md#{term.replace(' ', '-')}"
                assert link in prose(COURSE / target), f"{target} does not link to {term}"


@each_interactive
def test_every_term_is_linked_where_it_is_first_used(path):
    """Here or in a lecture before; the name of a lecture, as a link to it, is not a use."""
    known = "\n".join(prose(earlier) for earlier in NOTEBOOKS[: NOTEBOOKS.index(path) + 1])
    text = CODE_OR_FORMULA.sub("", TO_NOTEBOOK.sub("", prose(path)))
    terms = headings(GLOSSARY.read_text(encoding="utf-8"), level=2)
    used = [term for term in terms if re.search(rf"\b{re.escape(term)}s?\b", text, re.IGNORECASE)]
    assert [term for term in used if f"glossary.md#{term.replace(' ', '-')})" not in known] == []


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_norm": True},
        {"activation": "tanh", "lambd": 2.0, "keep_prob": 0.7},
        {"activation": "sigmoid", "batch_norm": True, "lambd": 1.0, "keep_prob": 0.6},
    ],
    ids=str,
)
def test_the_gradient_of_the_lectures_network_is_the_derivative_of_its_cost(output, options):
    C = 3 if output == "softmax" else 1
    network = Network((4, 5, 4, C), output, initialization=0.7, **options)
    rng = np.random.default_rng(0)
    parameters, running = network.initialize(rng)
    X, labels = rng.standard_normal((4, 6)), np.arange(6) % 3
    Y = one_hot(labels, 3) if output == "softmax" else (labels[None, :] > 0).astype(float)

    def forward(parameters):
        return network.forward(X, parameters, running, np.random.default_rng(1))

    AL, caches, _ = forward(parameters)
    grads = network.backward(AL, Y, caches)
    assert set(grads) == {f"d{name}" for name in parameters}
    for name, value in parameters.items():
        for index in np.ndindex(value.shape):
            costs = []
            for step in (1e-5, -1e-5):
                moved = value.copy()
                moved[index] += step
                nearby = parameters | {name: moved}
                costs.append(network.cost(forward(nearby)[0], Y, nearby))
            numerical = (costs[0] - costs[1]) / 2e-5
            assert grads[f"d{name}"][index] == pytest.approx(numerical, rel=1e-5, abs=1e-8)
