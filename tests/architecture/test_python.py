from __future__ import annotations

import pytest

from tests.architecture import python
from tests.architecture.house import all_sources, hold, private, sources
from tests.architecture.source import ROOT, Source, read

#: Packages through which money flows; timeouts and the like there are granted one by one.
MONEY = ("tax", "catalog", "billing", "ledger", "payments", "gateways", "banking", "projects")


def of(text: str, path: str = "src/allsquare/billing/sample.py") -> Source:
    return Source(path, text)


@pytest.mark.parametrize("bad", ["x = 0.19", "x = float(y)", "def f(x: float): ...", "x = a.fee_minor / 100"])
def test_floats_are_found(bad: str) -> None:
    assert len(list(python.floats(of(bad)))) == 1


@pytest.mark.parametrize(
    "good", ["x = 19", "x = Decimal('0.19')", "x = amount / Decimal(3)", "x = minor // 100"]
)
def test_exact_numbers_pass(good: str) -> None:
    assert not list(python.floats(of(good)))


def test_long_functions_and_files_are_found() -> None:
    body = "    x = 1\n" * 60
    assert [v.message for v in python.long_parts(of(f"def f():\n{body}"))] == [
        "61 lines, and 60 are enough for a function"
    ]
    assert len(list(python.long_parts(of("x = 1\n" * 401)))) == 1
    assert len(list(python.long_parts(of("x = 1\n" * 601, "tests/test_x.py")))) == 1


def test_short_functions_and_files_pass() -> None:
    body = "    x = 1\n" * 59
    assert not list(python.long_parts(of(f"def f():\n{body}" + "x = 1\n" * 340)))
    assert not list(python.long_parts(of("x = 1\n" * 600, "tests/test_x.py")))


@pytest.mark.parametrize("bad", ["def f(organization): ...", "def f(*, a): ...\ndef g(*, a): ...", "X = 1"])
def test_services_out_of_form_are_found(bad: str) -> None:
    assert len(list(python.services_out_of_form(of(bad)))) == 1


def test_a_service_in_form_passes() -> None:
    assert not list(python.services_out_of_form(of("def issue(*, organization): ...\ndef _lock(rows): ...")))


@pytest.mark.parametrize(
    "bad",
    [
        "def f(*, organization, actor): write()",
        "def f(*, organization, actor):\n    def g(): require(organization, actor, P)\n    write(g)",
    ],
)
def test_services_that_ask_nobody_are_found(bad: str) -> None:
    assert len(list(python.unasked_services(of(bad)))) == 1


@pytest.mark.parametrize(
    "good",
    [
        "def f(*, organization, actor):\n    require(organization, actor, P)",
        "def f(*, organizations, actor):\n    for each in organizations:\n        require(each, actor, P)",
        "def f(*, organization): ...",
    ],
)
def test_services_that_ask_pass(good: str) -> None:
    assert not list(python.unasked_services(of(good)))


@pytest.mark.parametrize("bad", ["@transaction.atomic", "@transaction.atomic(durable=True)"])
def test_services_that_give_up_at_a_deadlock_are_found(bad: str) -> None:
    assert len(list(python.tried_once(of(f"{bad}\ndef f(*, organization): ...")))) == 1


def test_a_service_that_is_tried_again_passes() -> None:
    work = "def f(*, organization):\n    with transaction.atomic(): ...\n"
    assert not list(python.tried_once(of(f"@retrying\n{work}")))


def test_an_inner_service_in_a_door_is_found() -> None:
    service = of("def render(*, organization): ...", "src/allsquare/billing/services/render.py")
    asking = of("def issue(*, organization, actor): ...", "src/allsquare/billing/services/issue.py")
    inner = python.services_without_actor([service, asking])
    assert inner == {"allsquare.billing.services.render.render"}
    page = "from allsquare.billing.services.{0} import {0}"
    assert len(list(python.inner_services_in_door(of(page.format("render")), inner))) == 1
    assert not list(python.inner_services_in_door(of(page.format("issue")), inner))


@pytest.mark.parametrize(
    "bad", ["from allsquare.billing.models import Invoice", "import allsquare.core.events"]
)
def test_app_imports_in_migrations_are_found(bad: str) -> None:
    assert len(list(python.app_imports_in_migration(of(bad)))) == 1


def test_lasting_names_in_migrations_pass() -> None:
    good = (
        "import allsquare.core.ids\nfrom allsquare.core.fields import MinorField\nimport pgtrigger.migrations"
    )
    assert not list(python.app_imports_in_migration(of(good)))


@pytest.mark.parametrize("bad", ["Invoice.objects.create(a=1)", "Invoice.objects.filter(a=1).update(b=2)"])
def test_writes_in_a_door_are_found(bad: str) -> None:
    assert len(list(python.writes_in_door(of(bad)))) == 1


@pytest.mark.parametrize("good", ["create_invoice(a=1)", "Invoice.objects.filter(a=1)", "values.update(b=2)"])
def test_calls_of_services_in_a_door_pass(good: str) -> None:
    assert not list(python.writes_in_door(of(good)))


@pytest.mark.parametrize(
    "bad", ["x = 1  # noqa: S608", "x = 1  # type: ignore[misc]", "x = 1  # pragma: no cover"]
)
def test_ignores_without_reason_are_found(bad: str) -> None:
    assert len(list(python.ignores_without_reason(of(bad)))) == 1


@pytest.mark.parametrize(
    "good",
    [
        "x = 1  # noqa: S608 - a constant",
        "x = 1  # type: ignore[misc]  # stubs are wrong",
        "# The name is a constant.\nx = 1  # noqa: S608",
    ],
)
def test_ignores_with_reason_pass(good: str) -> None:
    assert not list(python.ignores_without_reason(of(good)))


def test_no_float_touches_money() -> None:
    paths = [s for package in MONEY for s in sources(f"{package}/**/*.py")]
    hold(
        "floats",
        (v for s in [*paths, *sources("core/money*"), *sources("core/rounding*")] for v in python.floats(s)),
    )


def test_functions_and_files_are_short() -> None:
    hold("long_parts", (v for s in all_sources() for v in python.long_parts(s)))


def test_services_are_in_form() -> None:
    services = [s for s in sources("*/services/*.py") if not private(s)]
    hold("services_out_of_form", (v for s in services for v in python.services_out_of_form(s)))


def test_services_ask_for_permission() -> None:
    services = [s for s in sources("*/services/*.py") if not private(s)]
    hold("unasked_services", (v for s in services for v in python.unasked_services(s)))


def test_services_are_tried_again_after_a_deadlock() -> None:
    hold("tried_once", (v for s in sources("**/*.py") for v in python.tried_once(s)))


def test_doors_call_services_that_ask() -> None:
    services = [s for s in sources("*/services/*.py") if not private(s)]
    inner = python.services_without_actor(services)
    assert len(inner) > 30
    doors = sources("web/**/*.py")
    hold("inner_services_in_door", (v for s in doors for v in python.inner_services_in_door(s, inner)))


def test_migrations_import_nothing_that_changes() -> None:
    migrations = read((ROOT / "src").rglob("migrations/[0-9]*.py"))
    hold("app_imports_in_migration", (v for s in migrations for v in python.app_imports_in_migration(s)))


def test_doors_write_through_services() -> None:
    hold("writes_in_door", (v for s in sources("web/**/*.py") for v in python.writes_in_door(s)))


def test_every_ignore_gives_its_reason() -> None:
    hold("ignores_without_reason", (v for s in all_sources() for v in python.ignores_without_reason(s)))
