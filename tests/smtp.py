"""The real SMTP catcher on loopback, to which Django's SMTP backend sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from pytest_django.fixtures import Settings

from allsquare.cli.smtp_catcher import CaughtMail, Mood, SmtpCatcher, caught, set_mood
from tests.ports import free_port


class Smtp:
    """The server and what it caught. It can be stopped and started again on the same port."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self._controller: Controller | None = None

    def start(self) -> None:
        catcher = SmtpCatcher(self.directory)
        # A busy machine takes longer than the five seconds that are usual.
        self._controller = Controller(catcher, hostname="127.0.0.1", port=self.port, ready_timeout=60)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def mails(self) -> list[CaughtMail]:
        """Oldest first."""
        return list(reversed(caught(self.directory)))

    def behave(self, mood: Mood) -> None:
        set_mood(self.directory, mood)


@pytest.fixture
def smtp(settings: Settings, tmp_path: Path) -> Iterator[Smtp]:
    server = Smtp(tmp_path / "mails")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    server.start()
    yield server
    server.stop()
