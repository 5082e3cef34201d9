"""A student's first hour, in a browser: open, run, see what is missing, answer, validate, read."""

import json
import re
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from grader_tests import catalogue
from grading.rehearsal.demo import copy_notebook
from tests.support import REPOSITORY
from tests.support.handed_out import PYTHON, hand_out, variables
from tests.support.little_course import nbgrader
from tests.support.waiting import wait_until

ASSIGNMENT, NOTEBOOK = "module2_optimization", "1_mini_batches"
RIGHT = {
    "mini_batches": """\
def mini_batches(X, Y, batch_size, rng):
    order = rng.permutation(X.shape[1])
    pieces = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    return [(X[:, piece], Y[:, piece]) for piece in pieces]
""",
    "gradient_descent_step": """\
def gradient_descent_step(parameters, grads, learning_rate):
    return {name: W - learning_rate * grads["d" + name] for name, W in parameters.items()}
""",
    "accumulate_gradients": """\
def accumulate_gradients(grads_list, sizes):
    if len(grads_list) != len(sizes) or min(sizes) < 1:
        raise ValueError(sizes)
    weights = np.array(sizes) / sum(sizes)
    return {key: sum(w * g[key] for w, g in zip(weights, grads_list)) for key in grads_list[0]}
""",
}
UPHILL = RIGHT["gradient_descent_step"].replace("W -", "W +")
PASSED = "{}: visible checks passed; hidden checks run when graded"
PATIENCE = 60_000  # milliseconds until something that must come is given up
TOKEN = "a-token-for-this-test"
SETTINGS = f"\nc.HiddenTests.folders = [{str(REPOSITORY)!r}]\n"


@dataclass
class Seen:
    """What the student saw in JupyterLab, and the notebook that was saved at the end."""

    first: str
    furniture: list[str]
    unwritten: str
    validated_unwritten: str
    wrong: str
    ladder: list[str]
    progress: str
    passed: list[str]
    validated: str
    lecture: str
    notebook: Path


@contextmanager
def jupyterlab(folder: Path, command: list[str], settings: Path) -> Iterator[str]:
    """Run JupyterLab, and shut it down in the end; yield its address, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = {"ip": "127.0.0.1", "port": port, "port_retries": 0, "open_browser": False}
    settings.mkdir()
    (settings / "jupyter_server_config.json").write_text(
        json.dumps(
            {
                "ServerApp": {**server, "allow_root": True},
                "IdentityProvider": {"token": TOKEN},
            }
        )
    )
    environment = {**variables(settings), "JUPYTER_CONFIG_DIR": str(settings)}
    address = f"http://127.0.0.1:{port}"
    log = settings / "log.txt"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: process.poll() is not None or answers(address), "JupyterLab answers")
        assert process.poll() is None, log.read_text()
        yield address
    finally:
        if process.poll() is None:
            request(f"{address}/api/shutdown", "POST")
        process.wait(timeout=PATIENCE / 1000)


def answers(address: str) -> bool:
    try:
        request(f"{address}/api/status")
    except urllib.error.URLError:
        return False
    return True


def request(address: str, method: str = "GET") -> bytes:
    """Ask JupyterLab's server something."""
    headers = {"Authorization": f"token {TOKEN}"}
    question = urllib.request.Request(address, method=method, headers=headers)
    with urllib.request.urlopen(question, timeout=10) as answer:
        return answer.read()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student's folder."""
    return hand_out(tmp_path_factory.mktemp("student"))


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[str]:
    """The address of a student's JupyterLab."""
    command = str(folder / PYTHON.replace("python", "course"))
    with jupyterlab(folder.parent, [command], folder.parent / "settings") as address:
        yield address


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1300, "height": 1000}) as context:
        context.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        context.route("https://**", lambda route: route.abort())  # the same without a network
        yield context.new_page()


@pytest.fixture(scope="module")
def seen(lab: str, page: Page, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The hour itself."""
    path = f"release/{ASSIGNMENT}/{NOTEBOOK}.ipynb"
    order = [cell.id for cell in nbformat.read(folder / path, as_version=4).cells]
    shots = tmp_path_factory.mktemp("screenshots")

    def cell(name: str) -> Locator:
        return page.locator(f'.jp-Cell[data-windowed-list-index="{order.index(name)}"]:visible')

    def shoot(name: str) -> None:
        page.screenshot(path=shots / f"{name}.png")

    def write(name: str, code: str) -> None:
        cell(name).locator(".cm-content").click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(code)
        page.keyboard.press("Control+Enter")

    def output(name: str, text: str) -> str:
        shown = cell(name).locator(".jp-OutputArea-output")
        expect(shown).to_contain_text(text)
        shown.click(position={"x": 1, "y": 1})  # so that it comes into view; unfolds nothing
        expect(shown).to_be_in_viewport()
        return shown.text_content()  # inner_text() leaves out what is scrolled away

    def check(name: str, text: str) -> str:
        cell(f"{name}-checks").locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        return output(f"{name}-checks", text)

    def validate() -> str:
        page.get_by_role("button", name="Validate", exact=True).click()
        message = page.locator("#validation-message")
        message.wait_for()
        text = message.inner_text()
        message.locator(":scope > *").last.scroll_into_view_if_needed()
        return text

    def close() -> None:
        page.get_by_role("button", name="Ok", exact=True).click()
        page.locator(".jp-Dialog").wait_for(state="detached")

    page.goto(f"{lab}/?token={TOKEN}")
    page.locator(".jp-RenderedMarkdown h1").wait_for()
    first = page.locator(".jp-RenderedMarkdown").inner_text()
    shoot("0-start")
    page.goto(f"{lab}/lab/tree/{path}")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    tabs = page.locator(".jp-SideBar .lm-TabBar-tab").all()
    furniture = [tab.get_attribute("title") or tab.inner_text() for tab in tabs]
    furniture += page.locator(".Toastify__toast").all_inner_texts()
    shoot("1-opened")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    unwritten = output("mini_batches-checks", "not written yet")
    shoot("2-not-written-yet")
    validated_unwritten = validate()
    shoot("3-validate-fails")
    close()
    write("mini_batches", RIGHT["mini_batches"])
    passed = [check("mini_batches", "visible checks")]
    write("gradient_descent_step", UPHILL)
    wrong = check("gradient_descent_step", "✗")
    shoot("4-wrong-answer")
    ladder = []
    for rung in cell("gradient_descent_step-checks").locator("details").all():
        rung.locator("summary").click()
        ladder.append(rung.locator("p").inner_text())
        shoot(f"4-wrong-answer-{len(ladder)}")
    cell("progress").locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    progress = output("progress", "1 of 3 done")
    shoot("4-wrong-progress")
    for name in ("gradient_descent_step", "accumulate_gradients"):
        write(name, RIGHT[name])
        passed.append(check(name, "visible checks"))
    shoot("5-right-answer")
    validated = validate()
    shoot("6-validate-succeeds")
    close()
    cell("title").get_by_role("link", name="Mini-batches").first.click()
    page.get_by_role("tab", name="01_mini_batches.ipynb", selected=True).wait_for()
    heading = page.locator(".jp-Notebook:visible h1")
    heading.wait_for()
    shoot("7-lecture")
    return Seen(
        first=first,
        furniture=furniture,
        unwritten=unwritten,
        validated_unwritten=validated_unwritten,
        wrong=wrong,
        ladder=ladder,
        progress=progress,
        passed=passed,
        validated=validated,
        lecture=heading.inner_text(),
        notebook=folder / path,
    )


def test_the_first_page_is_the_start_and_nothing_is_there_for_instructors_or_of_news(seen):
    assert seen.first.startswith("Start here")
    assert any("File Browser" in title for title in seen.furniture)
    assert not re.search("news|assignment|formgrader|course", str(seen.furniture), re.I)


def test_the_check_of_an_unwritten_answer_says_so(seen):
    assert seen.unwritten.strip() == "mini_batches: not written yet"


def test_a_wrong_answer_gets_one_sentence_and_a_ladder_that_opens_rung_by_rung(seen):
    assert seen.wrong.startswith("✗ parameters['W1'], entry [0, 0], is 3; it should be -1.")
    mistake = catalogue.find("gradient_descent_step").mistakes[0]
    assert len(seen.ladder) == 4
    assert mistake.lecture.heading in seen.ladder[1]
    assert seen.ladder[2] == mistake.sentence


def test_progress_says_what_is_done_and_how_long_the_rest_takes(seen):
    assert "1 of 3 done; about 30 minutes left." in seen.progress


def test_right_answers_pass_their_checks(seen):
    for text, name in zip(seen.passed, RIGHT, strict=True):
        assert text.strip().endswith(PASSED.format(name))


def test_validate_names_what_is_not_written_and_is_content_with_right_answers(seen):
    assert "0 of 3 questions pass their visible checks." in seen.validated_unwritten
    for name in RIGHT:
        assert re.search(rf"{name} \(\d+ points\): not written yet", seen.validated_unwritten)
    assert seen.validated == "Success! Your notebook passes all the tests."


def test_the_link_of_an_assignment_opens_its_lecture(seen):
    assert seen.lecture.startswith("Mini-batches")


def exported(lab: str, path: str) -> str:
    """What JupyterLab saves for *Save and Export Notebook As, HTML*."""
    return request(f"{lab}/nbconvert/html/{path}").decode()


def test_an_exported_lecture_folds_its_predictions_but_on_paper_and_says_what_figures_show(
    lab, folder, page, tmp_path
):
    path = "course/module1_practical_aspects/04_normalizing_and_initializing.ipynb"
    cells = nbformat.read(folder / path, as_version=4).cells
    result = next(cell for cell in cells if cell.metadata.get("jupyter", {}).get("outputs_hidden"))
    saved = tmp_path / "lecture.html"
    saved.write_text(exported(lab, path), encoding="utf-8")
    page.goto(saved.as_uri(), wait_until="domcontentloaded")
    expect(page.get_by_text(result.outputs[0].text.splitlines()[-1])).to_be_hidden()
    assert "No description has been provided" not in saved.read_text(encoding="utf-8")
    answers = page.locator("details")
    assert not any(fold.evaluate("fold => fold.open") for fold in answers.all())
    page.pdf()
    assert all(fold.evaluate("fold => fold.open") for fold in answers.all())


@pytest.fixture(scope="module")
def feedback(seen: Seen, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The feedback pages of the notebook saved in JupyterLab, and of one with a mistake."""
    root = tmp_path_factory.mktemp("class")
    source = Path("source", ASSIGNMENT)
    copy_notebook(REPOSITORY / source / f"{NOTEBOOK}.ipynb", root / source)
    configuration = (REPOSITORY / "nbgrader_config.py").read_text()
    (root / "nbgrader_config.py").write_text(configuration + SETTINGS)
    mistaken = nbformat.read(seen.notebook, as_version=4)
    for cell in mistaken.cells:
        if cell.id == "gradient_descent_step":
            cell.source = UPHILL
    for student, notebook in {
        "right": nbformat.read(seen.notebook, as_version=4),
        "mistaken": mistaken,
    }.items():
        submitted = root / "submitted" / student / ASSIGNMENT
        submitted.mkdir(parents=True)
        nbformat.write(notebook, submitted / f"{NOTEBOOK}.ipynb")
    for command in ("generate_assignment", "autograde", "generate_feedback"):
        done = nbgrader(root, command, ASSIGNMENT)
        assert done.returncode == 0, done.stderr
    return {
        student: root / "feedback" / student / ASSIGNMENT / f"{NOTEBOOK}.html"
        for student in ("right", "mistaken")
    }


def read(page: Page, feedback: Path) -> str:
    """What a feedback page shows in a browser."""
    page.goto(feedback.as_uri(), wait_until="domcontentloaded")
    page.screenshot(path=feedback.with_suffix(".png"), full_page=True)
    return page.locator("body").inner_text()


@pytest.mark.usefixtures("sandbox")
def test_feedback_on_right_answers_shows_full_points(page, feedback):
    assert "19 of 19 points" in read(page, feedback["right"])


@pytest.mark.usefixtures("sandbox")
def test_feedback_on_a_mistake_names_it_and_the_lecture_to_read(page, feedback):
    text = read(page, feedback["mistaken"])
    assert "15 of 19 points" in text
    assert "course/module2_optimization/01_mini_batches.ipynb, section" in text


def test_make_lab_shows_lectures_and_released_assignments_only(repository, tmp_path):
    make = ["make", "--old-file=.venv/installed", "lab"]  # what is installed stays as it is
    with jupyterlab(repository, make, tmp_path / "settings") as address:
        listing = json.loads(request(f"{address}/api/contents"))
        lecture = json.loads(request(f"{address}/api/contents/course/module2_optimization"))
        page = exported(address, "course/module2_optimization/01_mini_batches.ipynb")
    shown = {entry["name"] for entry in listing["content"]}
    assert shown == {"START.md", "course", "release"}
    assert "01_mini_batches.ipynb" in {entry["name"] for entry in lecture["content"]}
    assert "<summary>Predict first, then look</summary>" in page
