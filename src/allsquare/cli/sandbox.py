"""The sandbox provider as a process beside the others, on loopback."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from django.conf import settings

from allsquare.cli import rehearsal
from allsquare.cli.children import Child, Children, wait_for


def start_sandbox(children: Children, *, key: str) -> str:
    """Its address. Processes started afterwards find it in their environment.

    The port is kept from run to run, since gateway accounts remember where their provider is; when somebody else
    has it by now, another is taken, and rehearsals connect anew.
    """
    kept = settings.HOME / "sandbox.port"
    port = rehearsal.free_port(int(kept.read_text()) if kept.exists() else 0)
    kept.write_text(str(port))
    command = [sys.executable, "-m", "allsquare_sandbox", "--with-parent"]
    child = Child(
        "sandbox",
        [*command, "--port", str(port), "--data", str(settings.HOME / "sandbox.db")],
        settings.HOME / "logs" / "sandbox.log",
        environment={"ALLSQUARE_SANDBOX_API_KEY": key},
    )
    children.start(child)
    url = f"http://{rehearsal.LOOPBACK}:{port}"
    wait_for(child, f"{url}/health")
    os.environ.update(ALLSQUARE_SANDBOX_URL=url, ALLSQUARE_SANDBOX_KEY=key)
    return url


def kept_key() -> str:
    """The key that opens accounts there, made once and readable by nobody else."""
    path: Path = settings.HOME / "sandbox.key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"sk_sandbox_{secrets.token_urlsafe(24)}")
    return path.read_text()
