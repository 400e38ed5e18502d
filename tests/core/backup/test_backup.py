"""A backup goes into an empty place as a whole, or is refused with the reason."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import connection
from pytest_django.fixtures import Settings

from allsquare.billing.models import InvoiceDocument
from allsquare.billing.services.pdf import ensure_pdf
from allsquare.core import document_store
from allsquare.core.backup.check import check
from allsquare.core.backup.errors import BackupDamaged, BackupKeyWrong, BackupNotWritten, RestoreRefused
from allsquare.core.backup.load import restore
from allsquare.core.backup.place import require_whole
from allsquare.core.backup.sealed import Key
from allsquare.core.backup.secret_keys import check_keys, marks
from allsquare.core.backup.take import backup
from allsquare.identity.models import Organization
from tests import factories
from tests.payments.makers import issued_invoice

pytestmark = pytest.mark.django_db(transaction=True)

KEY = Key(b"k" * 32, passphrase=False)


def quiet(_sentence: str) -> None:
    """Nobody watches."""


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """Secrets and documents of these tests alone."""
    settings.HOME = tmp_path
    places = {**settings.STORAGES["documents"], "OPTIONS": {"location": tmp_path / "documents"}}
    settings.STORAGES = {**settings.STORAGES, "documents": places}
    yield tmp_path
    storages.__dict__.pop("backends", None)


@pytest.fixture
def shop(transactional_db: None) -> Organization:
    organization = factories.make_organization()
    invoice = issued_invoice(
        organization, factories.make_customer(organization, name="Zoë \\ Tab\tNew\nLine")
    )
    ensure_pdf(organization=organization, invoice_id=invoice.id)
    return organization


def parts(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(path, "r:gz") as tar:
        for info in tar:
            content = tar.extractfile(info)
            assert content is not None
            found[info.name] = content.read()
    return found


def packed(path: Path, contents: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in contents.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_it_holds_every_row_and_every_document(shop: Organization, tmp_path: Path) -> None:
    path, manifest = backup(tmp_path, key=None, tell=quiet)

    checked = check(path, key=None)
    assert checked.manifest == manifest
    assert manifest.documents.count == 1
    assert manifest.tables["organization"].count == 1
    assert manifest.tables["invoice"].count == 1
    contents = parts(path)
    stored = InvoiceDocument.objects.get()
    assert contents[f"documents/{stored.sha256}"] == document_store.get(stored.sha256)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not any(name.startswith(("tables/django_session", "secrets/")) for name in contents)


def test_secrets_are_in_it_only_behind_a_key(shop: Organization, tmp_path: Path, settings: Settings) -> None:
    plain, _ = backup(tmp_path / "plain", key=None, tell=quiet)
    locked, manifest = backup(tmp_path / "locked", key=KEY, tell=quiet)

    everything = b"".join(parts(plain).values())
    assert not any(key.encode() in everything for key in settings.ENCRYPTION_KEYS)
    assert set(manifest.secrets) == {"secrets/encryption_keys", "secrets/secret_key"}
    assert check(locked, key=KEY).head.has_secrets
    with pytest.raises(BackupKeyWrong, match="encrypted"):
        check(locked, key=None)
    with pytest.raises(BackupKeyWrong):
        check(locked, key=Key(b"o" * 32, passphrase=False))


@pytest.mark.parametrize("key", [None, KEY])
def test_cut_off_anywhere_or_lengthened_is_refused(
    shop: Organization, tmp_path: Path, key: Key | None
) -> None:
    path, _ = backup(tmp_path / "whole", key=key, tell=quiet)
    data = path.read_bytes()
    for count, size in enumerate((0, 20, 500, len(data) // 2, len(data) - 1, len(data) - 8, len(data) - 20)):
        cut = tmp_path / f"cut{count}"
        cut.write_bytes(data[:size])
        with pytest.raises((BackupDamaged, BackupKeyWrong)):
            check(cut, key=key)
    longer = tmp_path / "longer"
    longer.write_bytes(data + b"more")
    with pytest.raises((BackupDamaged, BackupKeyWrong)):
        check(longer, key=key)


def test_a_changed_missing_or_foreign_part_is_named(shop: Organization, tmp_path: Path) -> None:
    path, _ = backup(tmp_path / "whole", key=None, tell=quiet)
    contents = parts(path)
    check(packed(tmp_path / "same", contents), key=None)  # the control: packed anew it is as good
    customers = "tables/customer/000000"
    document = next(name for name in contents if name.startswith("documents/"))
    cases: list[tuple[dict[str, bytes | None], str]] = [
        ({customers: contents[customers].replace(b"New", b"Old")}, "customer"),
        ({customers: None}, "customer"),
        ({document: b"%PDF other"}, "damaged"),
        ({document: None}, "documents"),
        ({"manifest.json": None}, "cut off"),
        ({"head.json": b"{"}, "list of contents"),
    ]
    for number, (changes, said) in enumerate(cases):
        changed = {name: changes.get(name, data) for name, data in contents.items()}
        whole = {name: data for name, data in changed.items() if data is not None}
        with pytest.raises(BackupDamaged, match=said):
            check(packed(tmp_path / f"changed{number}", whole), key=None)
    added = {**{n: d for n, d in contents.items() if n != "manifest.json"}, "evil": b"x"}
    with pytest.raises(BackupDamaged, match="unknown"):
        check(packed(tmp_path / "added", {**added, "manifest.json": contents["manifest.json"]}), key=None)


def test_what_is_no_backup_is_refused(tmp_path: Path, transactional_db: None) -> None:
    for name, data in (("empty", b""), ("text", b"hello"), ("zip", gzip.compress(b"hello"))):
        file = tmp_path / name
        file.write_bytes(data)
        with pytest.raises(BackupDamaged):
            check(file, key=None)
    with pytest.raises(BackupDamaged, match="no file"):
        check(tmp_path / "missing", key=None)


def test_a_place_with_rows_is_refused_and_keeps_them(shop: Organization, tmp_path: Path) -> None:
    path, _ = backup(tmp_path, key=KEY, tell=quiet)

    with pytest.raises(RestoreRefused, match="not empty"):
        restore(path, key=KEY, tell=quiet)

    assert Organization.objects.get() == shop
    require_whole()


def test_a_backup_of_a_later_version_is_refused(shop: Organization, tmp_path: Path) -> None:
    path, _ = backup(tmp_path / "whole", key=None, tell=quiet)
    contents = parts(path)
    head = json.loads(contents["head.json"])
    contents["head.json"] = json.dumps({**head, "format": 2}).encode()
    with pytest.raises(RestoreRefused, match="later version"):
        check(packed(tmp_path / "later", contents), key=None)


def test_a_plain_backup_wants_the_keys_that_were_kept_apart(settings: Settings, home: Path) -> None:
    needed = marks(settings.ENCRYPTION_KEYS)
    check_keys(needed, brought=False)
    settings.ENCRYPTION_KEYS = ["another"]
    with pytest.raises(RestoreRefused, match="encryption_keys"):
        check_keys(needed, brought=False)
    check_keys(needed, brought=True)


def test_a_document_that_is_missing_fails_the_backup(shop: Organization, tmp_path: Path) -> None:
    sha256 = InvoiceDocument.objects.get().sha256
    storages["documents"].delete(f"{sha256[:2]}/{sha256[2:4]}/{sha256}")

    with pytest.raises(document_store.DocumentMissing):
        backup(tmp_path / "whole", key=None, tell=quiet)

    assert [file for file in tmp_path.iterdir() if file.name.endswith("unfinished")] == []
    assert not (tmp_path / "whole").exists()


def test_nothing_is_overwritten(shop: Organization, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep me")
    with pytest.raises(BackupNotWritten, match="there already"):
        backup(tmp_path / "mine", key=None, tell=quiet)
    assert (tmp_path / "mine").read_text() == "keep me"


def test_numbers_of_transactions_are_small_and_in_their_order(shop: Organization, tmp_path: Path) -> None:
    """Another cluster counts from the beginning: see ``tables``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT xact::text, id::text FROM event ORDER BY xact, id")
        events = cursor.fetchall()
        assert len(events) > 1
        middle = events[len(events) // 2]
        cursor.execute("INSERT INTO event_reader (name, xact, event_id) VALUES ('half', %s, %s)", middle)
    path, _ = backup(tmp_path / "whole", key=None, tell=quiet)
    contents = parts(path)
    columns = {t["name"]: t["columns"] for t in json.loads(contents["head.json"])["tables"]}

    def rows(table: str) -> list[dict[str, str]]:
        lines = contents[f"tables/{table}/000000"].decode().splitlines()
        return [dict(zip(columns[table], line.split("\t"), strict=True)) for line in lines]

    (place,) = [(int(row["xact"]), row["event_id"]) for row in rows("event_reader") if row["name"] == "half"]
    small = {row["id"]: int(row["xact"]) for row in rows("event")}
    assert max(small.values()) < 100
    for xact, name in events:
        was_read = (int(xact), name) <= (int(middle[0]), middle[1])
        assert ((small[name], name) <= place) == was_read


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_a_full_disk_is_said_and_leaves_nothing(shop: Organization, tmp_path: Path) -> None:
    """Fault 23, on a file system of 16 KiB; without one that can be mounted the test cannot be made."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(small)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount")
    try:
        with pytest.raises(BackupNotWritten, match="No space left"):
            backup(small / "whole", key=KEY, tell=quiet)
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)
