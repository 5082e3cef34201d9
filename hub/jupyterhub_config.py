"""JupyterHub with courses of nbgrader's: who may do what, and what servers start with.

`hub/setup` puts this beside courses.toml; docs/hub.md says what stands there.
"""

import csv
import io
import os
import tomllib
from itertools import chain
from pathlib import Path

HERE = Path(__file__).resolve().parent
SETTINGS = tomllib.loads((HERE / "courses.toml").read_text())
COURSES = SETTINGS["courses"]
GRADERS = {course["grader"]: course for course in COURSES.values()}


def students(course):
    """The logins on a course's class list."""
    path = Path(course["folder"], "students.csv")
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8-sig")
    between = max(",;\t", key=text.partition("\n")[0].count)
    return [row["id"] for row in csv.DictReader(io.StringIO(text), delimiter=between)]


def prepare(spawner):
    """Have a grader's server run in the course's folder, with the engine that grades."""
    grades = spawner.user.name in GRADERS
    if grades:
        folder = GRADERS[spawner.user.name]["folder"]
        server = str(HERE / "grading" / "bin" / "jupyterhub-singleuser")
        spawner.cmd = ["env", f"--chdir={folder}", server]  # nbgrader's course is where it starts
        spawner.notebook_dir, spawner.default_url = folder, "/formgrader"
    else:
        spawner.cmd = [str(HERE / "student")]
    more = [] if grades else [str(HERE / "students"), str(HERE / "bundle" / "handout" / "jupyter")]
    spawner.environment = {
        "PATH": f"{HERE}/{'grading' if grades else 'hub'}/bin:{os.environ['PATH']}",
        "NBGRADER_EXCHANGE": SETTINGS["exchange"],
        "JUPYTER_CONFIG_PATH": ":".join([str(HERE / "everyone"), *more]),
    }


c = get_config()  # noqa: F821 - traitlets defines it
c.JupyterHub.bind_url = SETTINGS["address"]
c.JupyterHub.cookie_secret_file = str(HERE / "state" / "cookie_secret")
c.JupyterHub.db_url = f"sqlite:///{HERE}/state/jupyterhub.sqlite"
c.ConfigurableHTTPProxy.command = [str(HERE / "proxy/node_modules/.bin/configurable-http-proxy")]
c.ConfigurableHTTPProxy.pid_file = str(HERE / "state" / "proxy.pid")
c.Spawner.pre_spawn_hook = prepare
c.Spawner.server_token_scopes = [  # a server asks which courses are its user's
    "self",
    "users:activity!user",
    "access:servers!server",
]

# Accounts are those of this machine. Graders have no password: instructors open their servers.
c.JupyterHub.authenticator_class = "pam"
c.JupyterHub.load_groups, c.JupyterHub.load_roles = {}, []
c.Authenticator.allowed_users = set()
for name, course in COURSES.items():
    groups = {f"nbgrader-{name}": students(course), f"formgrade-{name}": course["instructors"]}
    c.JupyterHub.load_groups |= {group: {"users": users} for group, users in groups.items()}
    c.Authenticator.allowed_users |= {course["grader"], *chain.from_iterable(groups.values())}
    of_grader = f"!user={course['grader']}"
    c.JupyterHub.load_roles.append(
        {
            "name": f"instructors-{name}",
            "groups": [f"formgrade-{name}"],
            "scopes": [
                f"{may}{of_grader}"
                for may in ("access:servers", "servers", "list:users", "read:users:name")
            ],
        }
    )
