"""A mail server that delivers nothing: it keeps every mail in a directory, where a page shows it.

``python -m allsquare.cli.smtp_catcher --port 2525 --directory mails`` runs it as a process, on loopback. It can
be told to behave badly, by :func:`set_mood` or by writing one of the moods into the file ``mood`` beside the mails.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import threading
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from types import FrameType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from allsquare.cli.parent import end_with_parent
from allsquare.web.caught.mailbox import CaughtMail, caught, keep

__all__ = ["CaughtMail", "Mood", "SmtpCatcher", "caught", "main", "set_mood"]

LOOPBACK = "127.0.0.1"
_MOOD = "mood"


class Mood(StrEnum):
    """How the server treats mails."""

    ACCEPT = "accept"
    PUT_OFF = "put_off"  # 451 to every recipient: try again later
    REFUSE = "refuse"  # 550 to every recipient: for good
    REJECT = "reject"  # 554 to every message
    STALL = "stall"  # says nothing for a long time, then goes away
    LOSE_REPLY = "lose_reply"  # keeps the mail and breaks off before saying so


def set_mood(directory: Path, mood: Mood) -> None:
    """From the next command on, whoever runs the server."""
    directory.mkdir(parents=True, exist_ok=True)
    unfinished = directory / f".{_MOOD}"
    unfinished.write_text(mood)
    unfinished.replace(directory / _MOOD)


class SmtpCatcher:
    """aiosmtpd's handler: keeps mails, or not, as the mood is. ``stall_seconds`` is how long it says nothing."""

    def __init__(self, directory: Path, *, stall_seconds: int = 60) -> None:
        self.directory = directory
        self.stall_seconds = stall_seconds

    async def handle_RCPT(  # aiosmtpd finds it by the SMTP command
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        match self._mood():
            case Mood.PUT_OFF:
                return "451 4.3.0 Try again later"
            case Mood.REFUSE:
                return "550 5.1.1 No such mailbox"
            case Mood.STALL:
                await asyncio.sleep(self.stall_seconds)
                return "421 4.4.2 Gone away"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # the same
        mood = self._mood()
        if mood is Mood.REJECT:
            return "554 5.7.1 This message is not wanted"
        content = envelope.original_content or b""
        keep(
            self.directory,
            sender=envelope.mail_from or "",
            recipients=[str(recipient) for recipient in envelope.rcpt_tos],
            content=content,
        )
        if mood is Mood.LOSE_REPLY and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return "250 Kept"

    def _mood(self) -> Mood:
        file = self.directory / _MOOD
        return Mood(file.read_text().strip()) if file.exists() else Mood.ACCEPT


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="smtp_catcher", description="Catch mails instead of delivering them."
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--stall-seconds", type=int, default=60)
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input ends")
    options = parser.parse_args(arguments)
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    if options.with_parent:
        end_with_parent()
    options.directory.mkdir(parents=True, exist_ok=True)
    handler = SmtpCatcher(options.directory, stall_seconds=options.stall_seconds)
    controller = Controller(handler, hostname=LOOPBACK, port=options.port)
    try:
        controller.start()
    except OSError as error:
        print(f"smtp_catcher: cannot listen on port {options.port}: {error}", file=sys.stderr)
        return 1
    stopped.wait()
    controller.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
