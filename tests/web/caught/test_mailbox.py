from __future__ import annotations

import threading
from email.message import EmailMessage
from pathlib import Path

import pytest

from allsquare.web.caught import mailbox
from allsquare.web.caught.mailbox import CaughtUnknown


def message(subject: str = "Hällo") -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = subject, "a@example.com", "b@example.com"
    made["Message-ID"] = "<1@example.com>"
    made.set_content("plain words")
    made.add_alternative('<p>rich words <img src="cid:logo@x"></p>', subtype="html")
    made.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="R 1.pdf")
    made.add_attachment(
        b"picture", maintype="image", subtype="png", filename="l.png", disposition="inline", cid="<logo@x>"
    )
    return made


def keep(directory: Path, subject: str = "Hällo") -> mailbox.CaughtMail:
    return mailbox.keep(
        directory, sender="e@example.com", recipients=["f@example.com"], content=bytes(message(subject))
    )


def test_a_kept_mail_is_found_with_envelope_bodies_and_files(tmp_path: Path) -> None:
    kept = keep(tmp_path / "new")
    (found,) = mailbox.caught(tmp_path / "new")
    assert found == kept == mailbox.get(tmp_path / "new", kept.id)
    assert (found.subject, found.sender, found.recipients) == ("Hällo", "e@example.com", ("f@example.com",))
    assert found.message_id == "<1@example.com>"
    assert found.text.strip() == "plain words"
    assert "rich words" in found.html
    assert [(file.name, file.content) for file in found.attachments] == [("R 1.pdf", b"%PDF-")]
    assert found.pictures["logo@x"].content == b"picture"
    assert found.path.read_bytes().startswith(b"Subject: =?utf-8?")


def test_the_newest_comes_first(tmp_path: Path) -> None:
    for subject in ("one", "two"):
        keep(tmp_path, subject)
    assert [mail.subject for mail in mailbox.caught(tmp_path)] == ["two", "one"]


def test_an_empty_place_has_no_mails(tmp_path: Path) -> None:
    assert mailbox.caught(tmp_path / "nowhere") == []
    with pytest.raises(CaughtUnknown):
        mailbox.get(tmp_path, "../../etc/passwd")


def test_mails_at_once_do_not_mix(tmp_path: Path) -> None:
    threads = [threading.Thread(target=keep, args=(tmp_path, f"{n} " + "x" * 200)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {int(mail.subject.split()[0]) for mail in mailbox.caught(tmp_path)} == set(range(20))
