"""Code that wants out: reading, writing, network, surviving, stopping, resources."""

from tests.attacks import Attack


def reading(name: str, code: str) -> Attack:
    """Print whatever can be found; the test looks for what must not be found in the output."""
    return Attack(name, "reading", code, earns="settle", sealed=True)


def writing(name: str, code: str) -> Attack:
    """Change something of the host's; the test compares all files before and after."""
    return Attack(name, "writing", code, earns="total", sealed=True)


def network(name: str, code: str) -> Attack:
    """Reach a listener of the test's."""
    return Attack(name, "network", f"import socket\n{code}", earns="total", sealed=True)


READING = [
    reading(
        "known-files",
        """
import glob, os
for pattern in ("secret.txt", "gradebook.db", ".grading-secret", "nbgrader_config.py", "hidden/*",
                "source/*/*", "release/*/*", "submitted/*/*/*", "autograded/*/*/*", "home/.*"):
    for path in glob.glob(f"{ROOT}/{pattern}"):
        print(path, open(path, "rb").read()[:100_000])
""",
    ),
    reading(
        "every-file",
        """
import os, sys
seen = 0
for base, folders, files in os.walk("/"):
    skip = {"proc", "sys", "usr", "lib", "lib64", "bin", "sbin"} if base == "/" else ()
    folders[:] = [f for f in folders if f not in skip and f"{base}/{f}" != sys.prefix
                  and f"{base}/{f}" != sys.base_prefix]
    for name in files:
        path = os.path.join(base, name)
        seen += 1
        try:
            if seen < 3000 and 0 < os.path.getsize(path) < 50_000:
                print(path, open(path, "rb").read()[:2000])
        except OSError as error:
            print(error)
""",
    ),
    reading(
        "environment",
        """
import glob, os
print(dict(os.environ))
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
    try:
        print(path, open(path, "rb").read())
    except OSError as error:
        print(error)
""",
    ),
    reading(
        "processes",
        """
import glob, os
for path in glob.glob("/proc/[0-9]*/root") + glob.glob("/proc/[0-9]*/cwd"):
    for tail in ("", ROOT, f"{ROOT}/secret.txt", f"{ROOT}/hidden/little_tests.py"):
        try:
            place = path + tail
            print(place, os.listdir(place) if os.path.isdir(place) else open(place).read())
        except OSError as error:
            print(error)
for path in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        print(path, os.readlink(path))
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        print(os.read(descriptor, 10_000))
    except OSError as error:
        print(error)
""",
    ),
    reading(
        "import-the-reference",
        """
import importlib, sys
sys.path[:0] = [ROOT, f"{ROOT}/hidden", f"{ROOT}/source/ps1"]
for name in ("little_tests", "grader_tests", "grading.judging.judge", "nbgrader_config"):
    try:
        module = importlib.import_module(name)
        print(name, vars(module), open(module.__file__).read())
        double, total = module.REFERENCE["double"], module.REFERENCE["total"]
    except Exception as error:
        print(error)
""",
    ),
    reading(
        "frames-and-objects",
        """
import gc, sys
def look():
    for frame in sys._current_frames().values():
        while frame is not None:
            print(sorted(frame.f_globals)[:200], list(frame.f_locals)[:200])
            frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, dict) and "REFERENCE" in thing:
            print(thing)
look()
kernel = get_ipython().kernel
print(kernel.get_parent(), In, Out)
""",
    ),
    reading(
        "own-notebook",
        """
import glob, os
for path in glob.glob("**/*", recursive=True) + glob.glob("/student/**/*", recursive=True):
    print(path, open(path).read() if os.path.isfile(path) else "")
assert not glob.glob("**/*.ipynb", recursive=True)
""",
    ),
    reading(
        "ask-the-database",
        """
import sqlite3
for path in (f"{ROOT}/gradebook.db", "gradebook.db", "../gradebook.db"):
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        print(connection.execute("select source from source_cell").fetchall())
    except sqlite3.Error as error:
        print(error)
""",
    ),
    reading(
        "shell",
        """
import os, subprocess
get_ipython().system(f"cat {ROOT}/secret.txt; env; ps aux")
print(os.popen(f"cat {ROOT}/secret.txt").read())
print(subprocess.run(["cat", f"{ROOT}/secret.txt"], capture_output=True))
""",
    ),
    reading(
        "memory-of-others",
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for process in (1, os.getppid()):
    print(libc.ptrace(16, process, None, None), ctypes.get_errno())
    try:
        print(open(f"/proc/{process}/maps").read())
        print(open(f"/proc/{process}/mem", "rb").read(10))
    except OSError as error:
        print(error)
""",
    ),
    reading(
        "kernel-files",
        """
import glob
for path in ["/connection.json", "/inside.py", "/etc/shadow", "/etc/passwd", "/proc/mounts",
             "/proc/self/mountinfo", *glob.glob("/s/*"), *glob.glob("/root/*")]:
    try:
        print(path, open(path).read())
    except OSError as error:
        print(error)
""",
    ),
]

WRITING = [
    writing(
        "change-the-gradebook",
        """
import sqlite3
connection = sqlite3.connect(f"{ROOT}/gradebook.db")
connection.execute("update grade set manual_score = 19, auto_score = 19")
connection.commit()
""",
    ),
    writing(
        "plant-in-source",
        """
import os
os.makedirs(f"{ROOT}/source/ps1", exist_ok=True)
open(f"{ROOT}/source/ps1/numpy.py", "w").write("planted = 1")
open(f"{ROOT}/source/ps1/numbers.txt", "a").write("planted")
""",
    ),
    writing(
        "start-up-files",
        """
import os
for home in (f"{ROOT}/home", os.path.expanduser("~")):
    for name in (".ipython/profile_default/startup/00.py", ".local/lib/python3/site.py",
                 ".jupyter/nbgrader_config.py", ".jupyter/jupyter_config.py", ".profile"):
        path = f"{home}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "w").write("planted = 1")
""",
    ),
    writing(
        "installed-packages",
        """
import os, site, sys
for folder in {os.path.dirname(np.__file__), *site.getsitepackages(), sys.prefix}:
    try:
        open(f"{folder}/planted_by_attack.py", "w").close()
    except OSError as error:
        print(error)
open(np.__file__, "a").close()
""",
    ),
    writing(
        "other-students",
        """
import glob, os
for path in glob.glob(f"{ROOT}/submitted/*/ps1/*") + glob.glob(f"{ROOT}/autograded/*/ps1/*"):
    os.remove(path)
os.makedirs(f"{ROOT}/submitted/planted/ps1")
""",
    ),
    writing(
        "data-files",
        """
import os, shutil
for act in (lambda: open("numbers.txt", "w").write("9"), lambda: os.remove("numbers.txt"),
            lambda: os.rename("numbers.txt", "x"), lambda: os.chmod("numbers.txt", 0o777),
            lambda: os.symlink("/etc/passwd", "numbers.txt")):
    try:
        act()
    except OSError as error:
        print(error)
assert open("numbers.txt").read() == "1 2 3\\n"
""",
    ),
    writing(
        "folder-of-sockets",
        """
import os, socket
for act in (lambda: open("/s/planted", "w"), lambda: os.mkdir("/s/planted"),
            lambda: os.symlink("/etc", "/s/planted"), lambda: os.mkfifo("/s/planted"),
            lambda: os.mkfifo("/planted"), lambda: open("/planted", "w"),
            lambda: open("/dev/planted", "w"), lambda: os.unlink("/s/k-1"),
            lambda: open("/inside.py", "a"), lambda: open("/connection.json", "a")):
    try:
        act()
    except OSError as error:
        print(error)
for place in ("/s", "/"):
    assert not os.path.exists(f"{place}/planted")
""",
    ),
    writing(
        "configuration",
        'open(f"{ROOT}/nbgrader_config.py", "a").write("planted = 1")\n',
    ),
    writing(
        "temporary-folders",
        """
for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run"):
    try:
        open(f"{folder}/planted_by_attack", "w").close()
    except OSError as error:
        print(error)
""",
    ),
]

NETWORK = [
    network("tcp", "socket.create_connection(('127.0.0.1', TCP), timeout=1).send(b'out')"),
    network(
        "tcp-6",
        "socket.socket(socket.AF_INET6, socket.SOCK_STREAM).connect(('::1', TCP))",
    ),
    network("http", "import urllib.request\nurllib.request.urlopen(f'http://127.0.0.1:{TCP}/')"),
    network(
        "udp",
        "for host in ('127.0.0.1', '127.0.0.53', '255.255.255.255'):\n"
        "    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'out', (host, UDP))",
    ),
    network(
        "dns",
        "socket.setdefaulttimeout(1)\nprint(socket.getaddrinfo('attack.invalid', 80))",
    ),
    network("abstract", "socket.socket(socket.AF_UNIX).connect(ABSTRACT)"),
    network("path", "socket.socket(socket.AF_UNIX).connect(SOCKET)"),
    network(
        "vsock-and-raw",
        """
for family, kind in ((40, 1), (17, 3), (2, 3), (38, 5), (31, 3), (44, 3)):
    try:
        socket.socket(family, kind)
        print("MADE A SOCKET OF FAMILY", family)
    except OSError as error:
        print(error)
""",
    ),
    network(
        "interfaces",
        """
assert [name for _, name in socket.if_nameindex()] == ["lo"]
assert len(open("/proc/net/route").read().splitlines()) <= 1
""",
    ),
]

SURVIVING = [
    Attack(
        "daemon",
        "surviving",
        """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
""",
        earns="total",
        sealed=True,
    ),
    Attack(
        "child-process",
        "surviving",
        "import subprocess\nsubprocess.Popen(['sleep', '61'], start_new_session=True)",
        earns="total",
        sealed=True,
    ),
    Attack(
        "other-ways-to-a-child",
        "surviving",
        """
import ctypes, multiprocessing, os
libc = ctypes.CDLL(None)
for start in (lambda: os.posix_spawn("/bin/sleep", ["sleep", "62"], {}), os.forkpty,
              lambda: libc.syscall(56, 17, 0, 0, 0, 0), lambda: libc.syscall(57),
              lambda: libc.vfork(), lambda: libc.system(b"sleep 62 &"),
              multiprocessing.get_context("spawn").Process(target=print).start):
    try:
        print(start)
        if start() == 0:
            os._exit(0)
    except OSError as error:
        print(error)
""",
        earns="total",
        sealed=True,
    ),
    Attack(
        "at-exit",
        "surviving",
        """
import atexit, time
class Last:
    def __del__(self):
        time.sleep(63)
last = Last()
atexit.register(time.sleep, 63)
""",
        earns="double",
    ),
    Attack(
        "deaf-to-signals",
        "surviving",
        """
import signal
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, lambda *a: None)
""",
        earns="settle",
    ),
    Attack(
        "thread-that-goes-on",
        "surviving",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(64,)).start()",
        earns="total",
    ),
]

STOPPING = [
    Attack("exit-in-a-cell", "stopping", "import os\nos._exit(0)", earns="total settle"),
    Attack(
        "exit-in-a-function",
        "stopping",
        "import os",
        {"double": "def double(x):\n    os._exit(0)"},
        earns="total settle",
    ),
    Attack(
        "segmentation-fault",
        "stopping",
        "import ctypes",
        {"double": "def double(x):\n    ctypes.string_at(0)"},
        earns="total settle",
    ),
    Attack(
        "kill-oneself",
        "stopping",
        "import os",
        {"total": "def total(x):\n    os.kill(os.getpid(), 9)"},
        earns="double settle",
    ),
    Attack(
        "kill-everyone",
        "stopping",
        "import os, signal",
        {"total": "def total(x):\n    os.kill(-1, signal.SIGKILL)"},
        earns="double settle",
        sealed=True,
    ),
    Attack(
        "system-exit",
        "stopping",
        "import sys",
        {
            "double": "def double(x):\n    sys.exit(0)",
            "settle": "def settle(x):\n    return np.minimum(x, 1.0)\nraise SystemExit",
        },
        earns="total settle",
    ),
    Attack(
        "deaf-loop",
        "stopping",
        "import time",
        {
            "double": "def double(x):\n    while True:\n        try:\n"
            "            time.sleep(0.01)\n        except BaseException:\n            pass"
        },
        earns="total settle",
    ),
    Attack(
        "loop-in-a-cell",
        "stopping",
        "",
        {"total": "def total(x):\n    return float(np.sum(x))\nwhile True:\n    pass"},
        earns="double total settle",
    ),
    Attack(
        "input",
        "stopping",
        "import getpass\ninput('points? ')",
        {"total": "def total(x):\n    return getpass.getpass()"},
        earns="settle",
    ),
    Attack(
        "recursion-in-c",
        "stopping",
        "import sys\nsys.setrecursionlimit(10**9)",
        {
            "double": "def double(x):\n    deep = []\n    for _ in range(10**6):\n"
            "        deep = [deep]\n    return repr(deep)"
        },
        earns="settle",
    ),
    Attack(
        "endless-recursion",
        "stopping",
        "",
        {"double": "def double(x):\n    return double(x)"},
        earns="total",
    ),
    Attack(
        "hang-in-c",
        "stopping",
        "",
        {"total": "def total(x):\n    return 3 ** (10**9)"},
        earns="double settle",
    ),
    Attack(
        "hang-in-a-regular-expression",
        "stopping",
        "import re",
        {"settle": "def settle(x):\n    return re.match('(a+)+$', 'a' * 60 + 'b')"},
        earns="double total",
    ),
    Attack(
        "deadlock",
        "stopping",
        "import threading\nlock = threading.Lock()\nlock.acquire()",
        {"double": "def double(x):\n    lock.acquire()"},
        earns="total settle",
    ),
    Attack(
        "debugger",
        "stopping",
        "",
        {"double": "def double(x):\n    breakpoint()\n    return x"},
        earns="total",
    ),
]

RESOURCES = [
    Attack(
        "memory",
        "resources",
        "hoard = []",
        {
            "double": "def double(x):\n    for _ in range(16):\n"
            "        hoard.append(np.ones(1 << 25))\n    return 2 * x"
        },
        earns="total settle",
        sealed=True,
    ),
    Attack(
        "forks",
        "resources",
        """
import os, time
for _ in range(40):
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
""",
        earns="total",
        sealed=True,
    ),
    Attack(
        "threads",
        "resources",
        "import threading, time\n"
        "for _ in range(500):\n    threading.Thread(target=time.sleep, args=(20,)).start()",
        earns="total",
        sealed=True,
    ),
    Attack(
        "disk",
        "resources",
        """
for folder in (".", "/tmp", "/dev/shm", "/s", "/"):
    for number in range(6):
        try:
            with open(f"{folder}/fill-{number}", "wb") as file:
                for _ in range(64):
                    file.write(bytes(1 << 20))
        except OSError as error:
            print(folder, error)
""",
        earns="total settle",
        sealed=True,
    ),
    Attack(
        "descriptors",
        "resources",
        "import os\nkept = [os.dup(0) for _ in range(5000)]",
        earns="settle",
        sealed=True,
    ),
    Attack(
        "output-flood",
        "resources",
        "for _ in range(200_000):\n    print('flood ' * 20)",
        earns="total settle",
    ),
    Attack(
        "one-huge-print",
        "resources",
        "import sys\nprint('x' * (15 << 20))\nprint('y' * (15 << 20), file=sys.stderr)",
        earns="total",
    ),
    Attack(
        "flood-in-a-function",
        "resources",
        "",
        {
            "double": "def double(x):\n    while True:\n"
            "        get_ipython().display_pub.publish({'text/plain': 'flood' * 1000})"
        },
        earns="total settle",
    ),
    Attack(
        "picture-flood",
        "resources",
        "import base64\nfrom IPython.display import Image, display\n"
        "png = base64.b64decode('iVBORw0KGgo=') + bytes(1_000_000)\n"
        "for _ in range(20):\n    display(Image(png))",
        earns="total",
    ),
    Attack(
        "many-frames",
        "resources",
        """
kernel = get_ipython().kernel
def frames():
    message = kernel.session.msg("sealed_answer", {"number": 0}, parent=kernel.get_parent())
    parts = kernel.session.serialize(message, ident=b"") + [bytes(15 << 20)] * 200
    kernel.iopub_thread.socket.send_multipart(parts, copy=False)
""",
        {"double": "def double(x):\n    frames()\n    return x"},
        earns="total settle",
        sealed=True,
    ),
]

ATTACKS = [*READING, *WRITING, *NETWORK, *SURVIVING, *STOPPING, *RESOURCES]
