"""Runs code in sealed kernels that are alive at the same time, and prints as JSON what came of it.

``python sandbox_probe.py`` reads ``{"data": folder, "kernels": {kernel: {name: code}}}`` from its
input. All kernels are forked in one sandbox before the first piece of code runs. It is a program of
its own so that a test can run it as another user.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psutil
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from grading.plugin.execute import SealedKernelSpecManager
from tests.support.waiting import command_of


def run(data: str, kernels: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """What each probe printed, or the exception that it raised, by kernel.

    Under "fork server" stand its namespaces.
    """
    with ExitStack() as opened:
        scratch = opened.enter_context(tempfile.TemporaryDirectory(prefix="sealed-"))
        clients = {name: opened.enter_context(kernel(data, scratch)) for name in kernels}
        printed = {
            name: {probe: output(clients[name], code) for probe, code in probes.items()}
            for name, probes in kernels.items()
        }
        return printed | {"fork server": namespaces(fork_server())}


def fork_server() -> int:
    """The process from which the kernels were forked: the first Python that bubblewrap started."""
    below = psutil.Process().children(recursive=True)
    inside = [one for one in below if command_of(one).startswith(sys.executable)]
    return min(inside, key=psutil.Process.create_time).pid


def namespaces(process: int | str) -> dict[str, str]:
    """The names of a process's namespaces, by kind."""
    kinds = ("ipc", "mnt", "net", "pid", "uts")
    return {kind: os.readlink(f"/proc/{process}/ns/{kind}") for kind in kinds}


@contextmanager
def kernel(data: str, scratch: str) -> Iterator[Any]:
    """The client of a kernel that is ready."""
    provisioner = {"provisioner_name": "sealed", "config": {"data": data, "scratch": scratch}}
    specs = SealedKernelSpecManager()
    specs.spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        metadata={"kernel_provisioner": provisioner},
    )
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

    def keep(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "stream":
            texts.append(content["text"])
        elif message["msg_type"] == "error":
            texts.append(f"{content['ename']}: {content['evalue']}")

    client.execute_interactive(code, output_hook=keep, timeout=60)
    return "".join(texts).strip()


if __name__ == "__main__":
    print(json.dumps(run(**json.load(sys.stdin))))
