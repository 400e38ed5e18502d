"""What is written behind a key comes back whole with that key, and in no other way."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest

from allsquare.core.backup.errors import BackupDamaged, BackupKeyWrong
from allsquare.core.backup.sealed import CHUNK, MAGIC, Key, SealedReader, SealedWriter, find_key

KEY = Key(b"k" * 32, passphrase=False)
OTHER = Key(b"o" * 32, passphrase=False)


def sealed(plain: bytes, key: Key = KEY) -> bytes:
    target = io.BytesIO()
    writer = SealedWriter(target, key)
    writer.write(plain)
    writer.finish()
    return target.getvalue()


def opened(data: bytes, key: Key | None = KEY) -> bytes:
    source = io.BytesIO(data)
    assert source.read(len(MAGIC)) == MAGIC
    return io.BufferedReader(SealedReader(source, key)).read()


def chunks(data: bytes) -> tuple[bytes, list[bytes]]:
    end = data.index(b"\n", len(MAGIC)) + 1
    body = data[end:]
    return data[:end], [body[at : at + CHUNK + 16] for at in range(0, len(body), CHUNK + 16)]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_it_comes_back_whole(size: int) -> None:
    plain = bytes(range(256)) * (size // 256 + 1)
    plain = plain[:size]
    data = sealed(plain)

    assert opened(data) == plain
    assert size < 16 or plain[:16] not in data


def test_a_passphrase_opens_it_and_another_does_not() -> None:
    data = sealed(b"the books", Key(b"correct horse battery", passphrase=True))

    assert opened(data, Key(b"correct horse battery", passphrase=True)) == b"the books"
    for wrong in (Key(b"correct horse batterz", passphrase=True), OTHER, None):
        with pytest.raises(BackupKeyWrong):
            opened(data, wrong)


def test_two_files_of_one_key_have_nothing_in_common() -> None:
    (_, one), (_, two) = chunks(sealed(b"x" * CHUNK)), chunks(sealed(b"x" * CHUNK))
    assert one[0] != two[0]


def test_cut_reordered_repeated_or_lengthened_is_refused() -> None:
    head, parts = chunks(sealed(b"a" * CHUNK + b"b" * CHUNK + b"c" * CHUNK + b"d"))
    assert len(parts) == 4
    assert opened(head + b"".join(parts)) != b""  # the control: in their order they open
    one, two, three, four = parts
    for wrong in (
        [one, two, three],
        [one, two, three, four[:-1]],
        [one, three, two, four],
        [one, two, two, three, four],
        [one, three, four],
        [one, two, three, four, four],
    ):
        with pytest.raises(BackupDamaged):
            opened(head + b"".join(wrong))


def test_every_flipped_byte_of_a_short_file_is_noticed() -> None:
    data = sealed(b"short")
    for at in range(len(MAGIC), len(data)):
        with pytest.raises((BackupDamaged, BackupKeyWrong)):
            opened(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def test_a_key_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "backup.key"
    file.write_bytes(base64.b64encode(b"k" * 32) + b"\n")

    assert find_key({}, file) == KEY
    assert find_key({"ALLSQUARE_BACKUP_KEY_FILE": str(file)}, None) == KEY
    assert find_key({"ALLSQUARE_BACKUP_PASSPHRASE": "correct horse battery"}, None) == Key(
        b"correct horse battery", passphrase=True
    )
    assert find_key({}, None) is None
    assert "horse" not in repr(find_key({"ALLSQUARE_BACKUP_PASSPHRASE": "correct horse battery"}, None))


@pytest.mark.parametrize("text", ["", "short"])
def test_a_key_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "backup.key"
    file.write_text(text)
    with pytest.raises(BackupKeyWrong):
        find_key({}, file)
    with pytest.raises(BackupKeyWrong, match="cannot be read"):
        find_key({}, tmp_path / "missing")
