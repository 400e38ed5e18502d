"""The installation that is soaked: a real ``allsquare serve`` in a home of its own, and a mail catcher beside it."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import psutil

from allsquare.cli.children import Child, Children, allsquare_command
from allsquare.cli.rehearsal import LOOPBACK, free_port
from allsquare.core.embedded_postgres import Cluster
from allsquare.core.embedded_postgres.processes import is_postmaster, server_processes
from tests.faults.soak.decisions import Victim

#: What a process of ours is called on its command line.
_CALLED: Final = {
    Victim.WEB: "allsquare.cli web",
    Victim.WORKER: "allsquare.cli worker",
    Victim.SANDBOX: "allsquare_sandbox",
}


@dataclass(slots=True)
class Installation:
    """``environment`` is that of all its processes, and of ours."""

    home: Path
    environment: dict[str, str]
    children: Children = field(default_factory=Children)
    serving: Child | None = None

    @classmethod
    def at(cls, home: Path) -> Installation:
        port, mail_port = free_port(0), free_port(0)
        base_url = f"http://{LOOPBACK}:{port}"
        environment = {
            "ALLSQUARE_HOME": str(home),
            "ALLSQUARE_BASE_URL": base_url,
            "ALLSQUARE_ALLOWED_HOSTS": f"{LOOPBACK} localhost",
            "ALLSQUARE_SMTP_HOST": LOOPBACK,
            "ALLSQUARE_SMTP_PORT": str(mail_port),
            "ALLSQUARE_CAUGHT_MAIL_DIR": str(home / "mail"),
            "ALLSQUARE_FROM_EMAIL": "billing@soak.example",
            "DJANGO_SETTINGS_MODULE": "allsquare.config.settings",
        }
        return cls(home, environment)

    @property
    def base_url(self) -> str:
        return self.environment["ALLSQUARE_BASE_URL"]

    @property
    def sandbox_url(self) -> str:
        return f"http://{LOOPBACK}:{(self.home / 'sandbox.port').read_text()}"

    @property
    def mails(self) -> Path:
        return self.home / "mail"

    def start(self) -> None:
        catcher = [sys.executable, "-m", "allsquare.cli.smtp_catcher", "--with-parent"]
        catcher += ["--port", self.environment["ALLSQUARE_SMTP_PORT"], "--directory", str(self.mails)]
        self.children.start(Child("mail catcher", catcher, self.home / "logs" / "catcher.log"))
        port = self.base_url.rpartition(":")[2]
        self.serving = self.children.start(
            Child("serve", allsquare_command("serve", "--port", port), self.home / "logs" / "serve.log")
        )
        self.wait_until_well(seconds=400.0)  # the first start makes the tables, on however busy a machine

    def tend(self) -> None:
        """``serve`` looks after its own processes; that it runs is for whoever runs the machine."""
        self.children.tend()

    def wait_until_well(self, *, seconds: float = 120.0) -> None:
        """Until pages are answered and the sandbox is there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.tend()
            if self._answers(f"{self.base_url}/accounts/login/") and self._sandbox_answers():
                return
            time.sleep(0.1)
        raise TimeoutError(f"Not well after {seconds} s. See the logs in {self.home / 'logs'}.")

    def _sandbox_answers(self) -> bool:
        return (self.home / "sandbox.port").exists() and self._answers(f"{self.sandbox_url}/health")

    def _answers(self, url: str) -> bool:
        try:
            return httpx.get(url, timeout=5.0, trust_env=False).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def kill(self, victim: Victim) -> bool:
        """``kill -9``; whether anything was there to be killed."""
        found = self._processes(victim)
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        return bool(found)

    def _processes(self, victim: Victim) -> list[psutil.Process]:
        below = self._below()
        servers = server_processes(Cluster.at(self.home / "postgres").data)
        match victim:
            case Victim.POSTGRES:
                return [each for each in servers if is_postmaster(each)]
            case Victim.WEB_WORKER:
                masters = {each.pid for each in below if _is_called(each, _CALLED[Victim.WEB])}
                return [each for each in below if _parent(each) in masters][:1]
            case Victim.EVERYTHING:
                serve = [self.serving.process.pid] if self.serving and self.serving.process else []
                return [*(psutil.Process(pid) for pid in serve if psutil.pid_exists(pid)), *below, *servers]
            case _:
                called = [each for each in below if _is_called(each, _CALLED[victim])]
                ours = {each.pid for each in called}
                return [each for each in called if _parent(each) not in ours]

    def _below(self) -> list[psutil.Process]:
        """Everything that ``serve`` started, but the database's own processes."""
        if self.serving is None or self.serving.process is None:
            return []
        try:
            found = psutil.Process(self.serving.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [each for each in found if not _is_called(each, "postgres")]

    def stop(self) -> None:
        self.children.stop()
        Cluster.at(self.home / "postgres").stop()

    def enter(self) -> None:
        """Let this process and its children see the same installation."""
        os.environ.pop("DATABASE_URL", None)
        os.environ.update(self.environment)


def _is_called(process: psutil.Process, name: str) -> bool:
    try:
        return name in " ".join(process.cmdline())
    except psutil.Error:
        return False


def _parent(process: psutil.Process) -> int:
    try:
        return int(process.ppid())
    except psutil.Error:
        return 0
