from __future__ import annotations

import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from allsquare.cli.smtp_catcher import Mood, caught, set_mood
from tests.ports import free_port

MAIL = "Subject: Hello\r\nMessage-ID: <1@x>\r\n\r\nText\r\n"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def process(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "allsquare.cli.smtp_catcher", "--with-parent", "--port", str(port)]
    started = subprocess.Popen([*command, "--directory", str(tmp_path)], stdin=subprocess.PIPE)
    yield started
    started.kill()
    started.communicate()


def send(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
                client.sendmail("a@example.com", ["b@example.com", "c@example.com"], MAIL)
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_the_process_catches_behaves_badly_when_told_and_ends_when_asked(
    process: subprocess.Popen[bytes], port: int, tmp_path: Path
) -> None:
    send(port)
    (mail,) = caught(tmp_path)
    assert (mail.subject, mail.recipients) == ("Hello", ("b@example.com", "c@example.com"))

    set_mood(tmp_path, Mood.REFUSE)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(port)
    set_mood(tmp_path, Mood.REJECT)
    with pytest.raises(smtplib.SMTPDataError):
        send(port)
    set_mood(tmp_path, Mood.LOSE_REPLY)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(port)
    assert len(caught(tmp_path)) == 2

    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_it_ends_with_its_starter(process: subprocess.Popen[bytes], port: int) -> None:
    send(port)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(60) == 0


def test_a_port_in_use_is_said(process: subprocess.Popen[bytes], port: int, tmp_path: Path) -> None:
    send(port)
    command = [
        sys.executable,
        "-m",
        "allsquare.cli.smtp_catcher",
        "--port",
        str(port),
        "--directory",
        str(tmp_path),
    ]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 1
    assert f"cannot listen on port {port}" in second.stderr
