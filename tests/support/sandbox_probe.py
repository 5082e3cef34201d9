"""Runs code in sealed kernels that are alive at the same time, and prints as JSON what came of it.

``python sandbox_probe.py`` reads ``{"data": folder, "kernels": {kernel: {name: code}}}`` from its
input. All kernels are forked in one sandbox before the first piece of code runs, which knows the
process that asks as ``GRADER`` and the kernels' folders as ``KERNELS``. It is a program of its own
so that a test can run it as another user.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from queue import Empty
from typing import Any

import psutil
from jupyter_client.manager import KernelManager

from grading.grade.bench import Bench
from grading.sandbox import bubblewrap
from grading.sandbox.client import OneKernelSpec, kernel_spec
from tests.support.waiting import command_of


def run(data: str, kernels: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """What each probe printed, or the exception that it raised, by kernel.

    Under "fork server" stand its namespaces, if it has some; under "left" what remains of all.
    """
    with ExitStack() as opened:
        bench = opened.enter_context(Bench())
        clients = {name: opened.enter_context(kernel(data, bench)) for name in kernels}
        folders = [str(path.parent) for path in bench.folder.rglob("home")]
        known = f"GRADER, KERNELS = {os.getpid()}, {folders}\n"
        printed = {
            name: {probe: output(clients[name], known + code) for probe, code in probes.items()}
            for name, probes in kernels.items()
        }
        if not folders:
            printed["fork server"] = namespaces(fork_server())
        place = bench.folder
    left = [str(path) for path in place.parent.glob(place.name)]
    left += [str(one) for one in psutil.Process().children(recursive=True)]
    return printed | {"left": left}


def fork_server() -> int:
    """The process from which the kernels were forked: the first that runs its program."""
    below = psutil.Process().children(recursive=True)
    program = f"{sys.executable} -I {bubblewrap.PROGRAM}"
    inside = [one for one in below if command_of(one).startswith(program)]
    return min(inside, key=psutil.Process.create_time).pid


def namespaces(process: int | str) -> dict[str, str]:
    """The names of a process's namespaces, by kind."""
    kinds = ("ipc", "mnt", "net", "pid", "uts")
    return {kind: os.readlink(f"/proc/{process}/ns/{kind}") for kind in kinds}


@contextmanager
def kernel(data: str, bench: Bench) -> Iterator[Any]:
    """The client of a kernel that is ready."""
    specs = OneKernelSpec()
    specs.spec = kernel_spec({"data": data, "bench": bench})
    manager = KernelManager(kernel_spec_manager=specs, kernel_name="sealed")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def output(client: Any, code: str) -> str:
    """The output of one cell."""
    texts = []
    request = client.execute(code)
    while True:
        try:
            message = client.get_iopub_msg(timeout=0.1)
        except Empty:
            if client.is_alive():
                continue
            return "the kernel has ended"
        content = message["content"]
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "stream":
            texts.append(content["text"])
        elif message["msg_type"] == "error":
            texts.append(f"{content['ename']}: {content['evalue']}")
        elif content.get("execution_state") == "idle":
            return "".join(texts).strip()


if __name__ == "__main__":
    print(json.dumps(run(**json.load(sys.stdin))))
