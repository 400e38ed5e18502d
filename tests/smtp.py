"""The real SMTP catcher on loopback, to which Django's SMTP backend sends."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from pytest_django.fixtures import Settings

from allsquare.cli.smtp_catcher import CaughtMail, Mood, SmtpCatcher, caught, set_mood


@dataclass(frozen=True)
class Smtp:
    """``controller`` can be stopped and started again on the same port."""

    directory: Path
    controller: Controller

    @property
    def mails(self) -> list[CaughtMail]:
        """Oldest first."""
        return list(reversed(caught(self.directory)))

    def behave(self, mood: Mood) -> None:
        set_mood(self.directory, mood)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def smtp(settings: Settings, tmp_path: Path) -> Iterator[Smtp]:
    directory = tmp_path / "mails"
    handler = SmtpCatcher(directory, stall_seconds=30)
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    controller.start()
    yield Smtp(directory, controller)
    if controller.server is not None:
        controller.stop()
