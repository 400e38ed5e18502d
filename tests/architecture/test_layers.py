"""Import-linter holds the layers; here they are shown a house in order, and one that breaks them all."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

from tests.architecture.source import ROOT

IN_ORDER = {
    "allsquare/core/money.py": "",
    "allsquare/identity/models.py": "import allsquare.core.money",
    "allsquare/ledger/models.py": "import allsquare.identity.models",
    "allsquare/ledger/post.py": "import allsquare.ledger.models",
    "allsquare/payments/gateway.py": "import allsquare.core.money",
    "allsquare/payments/gateway_abilities.py": "import allsquare.payments.gateway",
    "allsquare/payments/settle.py": "import allsquare.billing\nimport allsquare.ledger.post\nimport django",
    "allsquare/gateways/one.py": "import allsquare.payments.gateway\nimport allsquare.payments.gateway_abilities",
    "allsquare/gateways/two.py": "import allsquare.core.money",
    "allsquare/web/console/pages.py": "import allsquare.web.ui\nimport allsquare.payments.settle",
    "allsquare/web/portal/pages.py": "import allsquare.web.ui",
    "allsquare_sandbox/main.py": "import starlette",
}

#: One breach for each contract, in the order of ``.importlinter``.
BREACHES = {
    "allsquare/billing/climbs.py": "import allsquare.payments.settle",
    "allsquare/web/console/visits.py": "import allsquare.web.portal.pages",
    "allsquare/payments/gateway.py": "import allsquare.identity.models",
    "allsquare/gateways/knows_django.py": "import django.http",
    "allsquare/gateways/knows_another.py": "import allsquare.gateways.one",
    "allsquare/billing/reads_ledger.py": "import allsquare.ledger.models",
    "allsquare_sandbox/knows_us.py": "import allsquare.core.money",
}


def contracts() -> ConfigParser:
    config = ConfigParser()
    config.read(ROOT / ".importlinter")
    return config


def lint(top: Path, files: dict[str, str]) -> str:
    """Build a house with every named layer and ``files`` under ``top``, and lint it by our contracts."""
    config = contracts()
    for section in ("layers", "doors"):
        contract = config[f"importlinter:contract:{section}"]
        for name in re.findall(r"\w+", contract["layers"]):
            package = contract["containers"].replace(".", "/") + f"/{name}/__init__.py"
            files = {package: "", **files}
    for path, text in files.items():
        file = top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        for folder in list(file.relative_to(top).parents)[:-1]:
            (top / folder / "__init__.py").touch()
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--config", ROOT / ".importlinter", "--no-cache"],
        cwd=top,
        env=os.environ | {"PYTHONPATH": str(top), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def names() -> list[str]:
    config = contracts()
    return [config[section]["name"] for section in config.sections() if ":contract:" in section]


def test_a_house_in_order_passes(tmp_path: Path) -> None:
    report = lint(tmp_path, IN_ORDER)
    assert [name for name in names() if f"{name} KEPT" not in report] == [], report


def test_each_contract_finds_its_breach(tmp_path: Path) -> None:
    report = lint(tmp_path, IN_ORDER | BREACHES)
    assert [name for name in names() if f"{name} BROKEN" not in report] == [], report


def test_a_package_without_a_layer_is_found(tmp_path: Path) -> None:
    report = lint(tmp_path, IN_ORDER | {"allsquare/attic/__init__.py": ""})
    assert "allsquare.attic" in report
    assert "Imports point down only BROKEN" in report
