"""A JupyterHub as docs/hub.md sets it up: an assignment goes round, each by the own account.

`make test-hub`, as root: it makes accounts for the test, and removes them.
"""

from __future__ import annotations

import csv
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import requests
from bs4 import BeautifulSoup

from tests.support import REPOSITORY, commands, little_course
from tests.support.waiting import wait_until

PLACE = Path(os.environ["TEST_HUB"])
ASSIGNMENT, NOTEBOOK = "module2_optimization", "2_weighted_averages"
ONE, TWO = "improving-deep-neural-networks", "another-course"
ADA, BOB = "hubtest-ada", "hubtest-bob"
PROFS = {ONE: "hubtest-prof1", TWO: "hubtest-prof2"}
GRADERS = {ONE: "hubtest-grader1", TWO: "hubtest-grader2"}


class Hub:
    """The hub that runs, and who is logged in."""

    def __init__(self, address: str, password: str) -> None:
        self._address, self._password = address, password
        self._tokens: dict[str, str] = {}

    def log_in(self, user: str) -> None:
        """Log in as a person does, and take a token."""
        session = requests.Session()
        session.get(f"{self._address}/hub/login")
        form = {"username": user, "password": self._password}
        form["_xsrf"] = session.cookies.get("_xsrf", path="/hub/")
        done = session.post(f"{self._address}/hub/login", data=form, allow_redirects=False)
        assert done.status_code == 302, done.text
        session.get(f"{self._address}/hub/home")
        key = {"X-XSRFToken": session.cookies.get("_xsrf", path="/hub/")}
        done = session.post(f"{self._address}/hub/api/users/{user}/tokens", json={}, headers=key)
        assert done.ok, done.text
        self._tokens[user] = done.json()["token"]

    def ask(self, user: str, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"token {self._tokens[user]}"}
        return requests.request(method, f"{self._address}{path}", headers=headers, **more)

    def do(self, user: str, method: str, path: str, **more: Any) -> Any:
        """The same, which must be granted; the data that come back."""
        done = self.ask(user, method, path, **more)
        assert done.ok, f"{method} {path}: {done.status_code} {done.text[-3000:]}"
        return done.json() if done.content else None

    def start(self, user: str, whose: str) -> None:
        """Start a server, and wait until it answers."""
        self.do(user, "POST", f"/hub/api/users/{whose}/server")
        where = f"/user/{whose}/api/status"
        wait_until(lambda: self.ask(user, "GET", where).status_code == 200, f"{whose}'s server")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder that all accounts can go through."""
    folder = Path(tempfile.mkdtemp(prefix="hub-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def courses(home: Path) -> dict[str, Path]:
    """A copy of this one with one notebook, and another with a little one."""
    one = home / "one"
    one.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=REPOSITORY, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x"], cwd=one, input=archive.stdout, check=True)
    for folder in (one / "source", one / "release"):
        for path in [*folder.glob("*/*.ipynb"), *folder.glob("*")]:
            if path.is_dir() and path.name != ASSIGNMENT:
                shutil.rmtree(path)
            elif path.suffix == ".ipynb" and path.stem != NOTEBOOK:
                path.unlink()
    with (one / "nbgrader_config.py").open("a") as file:
        file.write('\n    c.FeedbackPage.lectures = "/hub/user-redirect/lab/tree/"\n')
    commands.run(one, "nbgrader", "generate_assignment", ASSIGNMENT, "--force").check_returncode()
    two = little_course.make(home / "two", CourseDirectory__course_id=TWO)
    path = two / "source" / little_course.ASSIGNMENT / f"{little_course.NOTEBOOK}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(little_course.course_cell("double(1)", "double-checks", locked=True))
    nbformat.write(notebook, path)
    again = little_course.nbgrader(two, "generate_assignment", path.parent.name, "--force")
    again.check_returncode()
    for root, students in ((one, [ADA]), (two, [BOB])):
        with (root / "students.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["id"], *([student] for student in students)])
        commands.run(root, "nbgrader", "db", "student", "import", "students.csv")
    return {ONE: one, TWO: two}


@pytest.fixture(scope="module")
def hub(home: Path, courses: dict[str, Path]) -> Iterator[Hub]:
    """The hub, set up by `hub/setup` and running."""
    if os.geteuid():
        pytest.skip("Accounts are made: sudo make test-hub.")
    password = secrets.token_urlsafe(12)
    ports = [free_port() for _ in range(3)]
    address = f"http://127.0.0.1:{ports[0]}"
    text = f'address = "{address}"\nexchange = "{home}/exchange"\n'
    for name, folder in courses.items():
        text += f'[courses.{name}]\nfolder = "{folder}"\ngrader = "{GRADERS[name]}"\n'
        text += f'instructors = ["{PROFS[name]}"]\n'
    PLACE.mkdir(parents=True, exist_ok=True)
    (PLACE / "courses.toml").write_text(text)
    shutil.rmtree(PLACE / "state", ignore_errors=True)
    people = [ADA, BOB, *PROFS.values()]
    try:
        for user in people:
            subprocess.run(["useradd", "--create-home", user], check=True)
        told = "".join(f"{user}:{password}\n" for user in people)
        subprocess.run(["chpasswd"], input=told, text=True, check=True)
        subprocess.run([REPOSITORY / "hub" / "setup", PLACE], check=True)
        with (home / "hub.log").open("w") as log:
            process = subprocess.Popen(
                [
                    PLACE / "hub/bin/jupyterhub",
                    f"--config={PLACE}/jupyterhub_config.py",
                    f"--JupyterHub.hub_port={ports[1]}",
                    f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{ports[2]}",
                ],
                cwd=PLACE / "state",
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            log = home / "hub.log"
            wait_until(lambda: "JupyterHub is now running" in log.read_text(), "the hub runs")
            yield Hub(address, password)
        finally:
            process.terminate()
            process.wait(60)
            print((home / "hub.log").read_text(), file=sys.stderr)
    finally:
        for user in (*people, *GRADERS.values()):
            subprocess.run(["userdel", "--remove", user], stderr=subprocess.DEVNULL)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def solved(course: Path, notebook: dict[str, Any]) -> dict[str, Any]:
    """A released notebook with the right answers."""
    source = nbformat.read(course / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb", as_version=4)
    right = {
        cell.id: cell.source
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    for cell in notebook["cells"]:
        cell["source"] = right.get(cell["id"], cell["source"])
    return notebook


def test_an_assignment_goes_round(hub: Hub, courses: dict[str, Path]) -> None:
    prof, grader = PROFS[ONE], GRADERS[ONE]
    formgrader = f"/user/{grader}/formgrader/api"
    hub.log_in(prof)
    hub.start(prof, grader)
    assert ASSIGNMENT in str(hub.do(prof, "GET", f"{formgrader}/assignments"))
    done = hub.do(prof, "POST", f"{formgrader}/assignment/{ASSIGNMENT}/release")
    assert done["success"], done

    hub.log_in(ADA)
    hub.start(ADA, ADA)
    mine = f"/user/{ADA}"
    assert hub.do(ADA, "GET", f"{mine}/courses")["value"] == [ONE]
    assert hub.ask(ADA, "GET", f"/user/{grader}/api/status").status_code == 403
    which = {"course_id": ONE, "assignment_id": ASSIGNMENT}
    fetched = hub.do(ADA, "POST", f"{mine}/assignments/fetch", json=which)["value"]
    assert [one["status"] for one in fetched] == ["fetched"]
    path = f"{ONE}/{ASSIGNMENT}/{NOTEBOOK}.ipynb"
    validate = f"{mine}/assignments/validate"
    before = hub.do(ADA, "POST", validate, params={"path": path})
    assert "0 of 5 questions pass" in str(before), before

    notebook = hub.do(ADA, "GET", f"{mine}/api/contents/{path}")
    notebook["content"] = solved(courses[ONE], notebook["content"])
    hub.do(ADA, "PUT", f"{mine}/api/contents/{path}", json=notebook)
    after = hub.do(ADA, "POST", validate, params={"path": path})
    assert after == {"success": True, "value": {}}
    submitted = hub.do(ADA, "POST", f"{mine}/assignments/submit", json=which)["value"]
    assert "submitted" in [one["status"] for one in submitted]

    for step, where in (
        ("collect", f"assignment/{ASSIGNMENT}/collect"),
        ("autograde", f"submission/{ASSIGNMENT}/{ADA}/autograde"),
        ("generate", f"assignment/{ASSIGNMENT}/generate_feedback"),
        ("release", f"assignment/{ASSIGNMENT}/release_feedback"),
    ):
        done = hub.do(prof, "POST", f"{formgrader}/{where}")
        assert done["success"], (step, done)
    [one] = hub.do(prof, "GET", f"{formgrader}/submissions/{ASSIGNMENT}")
    assert one["id"] and one["score"] == one["max_score"] > 0

    found = hub.do(ADA, "POST", f"{mine}/assignments/fetch_feedback", json=which)["value"]
    folder = next(
        submission["local_feedback_path"]
        for entry in found
        for submission in entry.get("submissions", ())
    )
    page = hub.ask(ADA, "GET", f"{mine}/files/{folder}/{NOTEBOOK}.html")
    soup = BeautifulSoup(page.text, "html.parser")
    assert "21 of 21 points" in soup.select_one(".total").get_text()
    links = {link["href"].split("#")[0] for link in soup.select("a[href*='.ipynb']")}
    lectures = [link for link in links if link.startswith("/hub/user-redirect/lab/tree/course/")]
    assert lectures, links
    for link in lectures:
        lecture = link.removeprefix("/hub/user-redirect/lab/tree/")
        assert hub.do(ADA, "GET", f"{mine}/api/contents/{lecture}?content=0")["type"] == "notebook"


def test_a_course_is_closed_to_who_is_not_in_it(hub: Hub, home: Path, courses: dict) -> None:
    prof, grader = PROFS[TWO], GRADERS[TWO]
    hub.log_in(prof)
    hub.start(prof, grader)
    where = f"/user/{grader}/formgrader/api/assignment/{little_course.ASSIGNMENT}/release"
    assert hub.do(prof, "POST", where)["success"]
    hub.log_in(BOB)
    hub.start(BOB, BOB)
    mine = f"/user/{BOB}"
    assert hub.do(BOB, "GET", f"{mine}/courses")["value"] == [TWO]
    which = {"course_id": TWO, "assignment_id": little_course.ASSIGNMENT}
    hub.do(BOB, "POST", f"{mine}/assignments/fetch", json=which)
    path = f"{TWO}/{little_course.ASSIGNMENT}/{little_course.NOTEBOOK}.ipynb"
    untouched = hub.do(BOB, "POST", f"{mine}/assignments/validate", params={"path": path})
    assert untouched["success"] and "not written yet" in str(untouched["value"]), untouched

    hub.do(BOB, "POST", f"{mine}/assignments/submit", json=which)
    variables = [f"NBGRADER_EXCHANGE={home}/exchange", f"JUPYTER_CONFIG_PATH={PLACE}/everyone"]
    watch = [PLACE / "grading/bin/python", "-m", "grading", "watch", little_course.ASSIGNMENT]
    done = subprocess.run(
        ["runuser", "-u", grader, "--", "env", *variables, *watch, "--exchange", "--once"],
        cwd=courses[TWO],
        capture_output=True,
        text=True,
    )
    assert f"{BOB}: attempt 1: graded" in done.stdout, done.stdout + done.stderr
    found = hub.do(BOB, "POST", f"{mine}/assignments/fetch_feedback", json=which)["value"]
    assert any(one.get("submissions", [{}])[0].get("local_feedback_path") for one in found)

    other = GRADERS[ONE]  # for an instructor of another course it is not even there
    assert hub.ask(prof, "POST", f"/hub/api/users/{other}/server").status_code == 404
    for place in (home / "exchange" / ONE / "inbound", courses[ONE]):
        listed = subprocess.run(["runuser", "-u", BOB, "ls", place], capture_output=True, text=True)
        assert "Permission denied" in listed.stderr, place
