"""Runs code in one sealed kernel and prints, as JSON, what each piece of it printed.

``python sandbox_probe.py`` reads ``{"data": folder, "probes": {name: code}}`` from its input. It is
a program of its own so that a test can run it as another user.
"""

from __future__ import annotations

import json
import sys
import tempfile
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from grading.execute import SealedKernelSpecManager


def run(data: str, probes: dict[str, str]) -> dict[str, str]:
    """What each probe printed, or the exception that it raised."""
    with tempfile.TemporaryDirectory(prefix="sealed-") as scratch:
        provisioner = {
            "provisioner_name": "sealed",
            "config": {"data": data, "scratch": scratch},
        }
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
            return {name: output(client, code) for name, code in probes.items()}
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
