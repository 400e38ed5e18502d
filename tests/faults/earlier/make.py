"""Makes the file that ``test_upgrade`` restores: an installation of an earlier release, backed up.

    .venv/bin/python -m tests.faults.earlier.make COMMIT HOME [few|much]

checks ``COMMIT`` out beside, lets its own code live through a few minutes of business in ``HOME`` (an empty folder that
PostgreSQL's user can reach), and writes ``<commit>.backup`` here, with what must be the same afterwards
(``<commit>.json``). The installation is a practice one, and so are all
its keys. Make a new one for each release, with whatever that release has and the one before had not, and keep the old.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.faults.earlier.businesses import BEGIN, FEW, MUCH

ROOT: Final = Path(__file__).resolve().parents[3]
PASSPHRASE: Final = "an earlier release, for practice alone"
WRITE_SUMS: Final = """
import sys; from pathlib import Path
import django; django.setup()
from tests.faults.earlier.sums import write
write(Path(sys.argv[1]))
"""
BUSINESSES: Final = {"few": BEGIN + FEW, "much": BEGIN + MUCH}


def main(commit: str, home: Path, business: str) -> None:
    target = Path(__file__).with_name(f"{commit[:7]}.backup")
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "earlier"
        subprocess.run(["git", "worktree", "add", "--detach", str(checkout), commit], cwd=ROOT, check=True)
        try:
            _link(checkout)
            _python(checkout, home, "-c", BUSINESSES[business])
            own = (checkout / "src/allsquare/cli/backup.py").exists()  # the first ones had no such command
            _python(
                checkout if own else ROOT, home / "walkthrough", "-m", "allsquare.cli", "backup", str(target)
            )
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(checkout)], cwd=ROOT, check=True)
    _python(ROOT, home / "walkthrough", "-c", WRITE_SUMS, str(target.with_suffix(".json")))


def _link(checkout: Path) -> None:
    """Front-end files are fetched once, here."""
    (checkout / "node_modules").symlink_to((ROOT / "node_modules").resolve())


def _python(code: Path, home: Path, *arguments: str) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(code), str(code / "src")]),
        "DJANGO_SETTINGS_MODULE": "allsquare.config.settings",
        "ALLSQUARE_HOME": str(home),
        "ALLSQUARE_BACKUP_PASSPHRASE": PASSPHRASE,
    }
    subprocess.run([sys.executable, *arguments], cwd=code, env=environment, check=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3] if sys.argv[3:] else "much")
