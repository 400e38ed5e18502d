"""One kill at a time, at a moment that is surely in the midst of something: ``python -m tests.faults.killing``.

A real installation, as the kill loop has it. A lock that we hold in the database keeps a job or a request where it is
until what does it has been killed. Prints as JSON what was killed, acknowledged, lost and doubled, and what ``verify``
found afterwards.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import django

from tests.faults.soak.installation import Installation


def main() -> int:
    home = Path(tempfile.mkdtemp(prefix="allsquare-killing-"))
    home.chmod(0o711)  # the database's user must be able to pass
    installation = Installation.at(home)
    installation.enter()
    django.setup()
    steps = importlib.import_module("tests.faults.killing_steps")  # it needs Django's models
    try:
        installation.start()
        told = steps.kill_each(installation)
    finally:
        installation.stop()
    sys.stdout.write(f"{json.dumps(told, indent=2)}\n")
    shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    sys.exit(main())
