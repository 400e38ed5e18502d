"""A whole rehearsal: database, sandbox provider, mail catcher, web and worker, and an end that leaves nothing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from allsquare.cli import rehearsal
from allsquare.cli.children import Child, Children
from allsquare.cli.database import database
from allsquare.cli.sandbox import start_sandbox
from allsquare.cli.serve import start_web, start_worker
from allsquare.core.migrating import migrate

SANDBOX_OWNER_KEY = "sk_sandbox_rehearsal_owner"


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs, and where."""

    children: Children
    base_url: str
    sandbox_url: str
    mail_directory: Path
    http: httpx.Client

    def sandbox(
        self, method: str, path: str, *, api_key: str = SANDBOX_OWNER_KEY, **body: Any
    ) -> dict[str, Any]:
        """Speak to the provider as its customer or as its tester."""
        response = self.http.request(
            method, f"{self.sandbox_url}{path}", json=body, headers={"Authorization": f"Bearer {api_key}"}
        )
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer


@contextmanager
def stack(*, fresh_mail: bool = True) -> Iterator[Stack]:
    """Everything but web and worker runs inside; see :func:`serve` for those."""
    mail_directory = Path(settings.ALLSQUARE_CAUGHT_MAIL_DIR)
    if fresh_mail:
        shutil.rmtree(mail_directory, ignore_errors=True)
    mail_directory.mkdir(parents=True, exist_ok=True)
    with rehearsal.alone(), database(adopt=True), Children() as children:
        migrate(tell=print)
        sandbox_url = start_sandbox(children, key=SANDBOX_OWNER_KEY)
        _start_catcher(children, mail_directory)
        with httpx.Client(timeout=30.0, trust_env=False) as http:
            yield Stack(
                children=children,
                base_url=settings.BASE_URL,
                sandbox_url=sandbox_url,
                mail_directory=mail_directory,
                http=http,
            )


def serve(running: Stack) -> None:
    """Web and worker start; returns when pages answer."""
    address = urlsplit(running.base_url)
    start_web(running.children, host=str(address.hostname), port=int(address.port or 80))
    start_worker(running.children)


def _start_catcher(children: Children, directory: Path) -> None:
    command = [sys.executable, "-m", "allsquare.cli.smtp_catcher", "--with-parent"]
    children.start(
        Child(
            "mail catcher",
            [*command, "--port", str(settings.EMAIL_PORT), "--directory", str(directory)],
            settings.HOME / "logs" / "smtp_catcher.log",
        )
    )
