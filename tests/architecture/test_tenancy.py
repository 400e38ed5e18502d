from __future__ import annotations

from textwrap import dedent

import pytest

from tests.architecture import tenancy
from tests.architecture.house import hold, private, sources
from tests.architecture.source import Source

MODELS = tenancy.TenantModels(frozenset({"Invoice", "Line"}), frozenset({"invoice", "invoice_line"}))


@pytest.fixture(scope="module")
def models() -> tenancy.TenantModels:
    return tenancy.find_tenant_models(sources())


def of(text: str) -> Source:
    return Source("src/allsquare/billing/sample.py", dedent(text))


def test_finds_tenant_models_by_base_by_column_and_through_abstract_classes() -> None:
    found = tenancy.find_tenant_models(
        [
            of(
                """
                class Document(TenantModel):
                    class Meta:
                        abstract = True
                class Invoice(Document):
                    class Meta:
                        db_table = "invoice"
                class Line(TenantFact): ...
                class Event(models.Model):
                    organization_id = models.UUIDField()
                class Person(models.Model): ...
                @dataclass
                class News:
                    organization: Organization
                """
            )
        ]
    )
    assert found.classes == {"Document", "Invoice", "Line", "Event"}
    assert found.tables == {"billing_document", "invoice", "billing_line", "billing_event"}


def test_the_house_has_tenant_models(models: tenancy.TenantModels) -> None:
    assert {"Event", "Membership"} <= models.classes
    assert {"event", "membership"} <= models.tables


@pytest.mark.parametrize(
    "query",
    [
        "Invoice.objects.all()",
        "Invoice.objects.get(pk=1)",
        "models.Invoice.objects.filter(number=3).first()",
        "Invoice.objects.select_for_update().filter(**wanted)",
        "Invoice.objects.filter(Q(organization=o) | Q(number=3))",
        "Invoice.objects.exclude(organization=o)",
        "Invoice.objects.filter(pk=1).update(organization=o)",
        "Invoice._default_manager.count()",
        "get_object_or_404(Invoice, pk=1)",
        "get_object_or_404(Invoice.objects.all(), pk=1)",
        "use(Invoice.objects)",
    ],
)
def test_a_query_without_organization_is_found(query: str) -> None:
    found = list(tenancy.unscoped_queries(of(f"def find(o):\n    return {query}"), MODELS))
    assert [v.place for v in found] == ["src/allsquare/billing/sample.py:find"]


@pytest.mark.parametrize(
    "query",
    [
        "Invoice.objects.filter(organization=o)",
        "Invoice.objects.select_related('payer').filter(organization_id=o.id).order_by('id').first()",
        "Line.objects.filter(invoice__organization=o)",
        "Invoice.objects.filter(Q(organization=o) & Q(number=3))",
        "Invoice.objects.filter(Q(organization=o, a=1) | Q(organization=o, b=1))",
        "Invoice.objects.create(organization=o)",
        "Invoice.objects.bulk_create(rows)",
        "get_object_or_404(Invoice, organization=o, pk=1)",
        "get_object_or_404(Invoice.objects.filter(a=1), organization=o, pk=1)",
        "Person.objects.get(email=e)",
        "invoice.lines.all()",
    ],
)
def test_a_query_with_organization_passes(query: str) -> None:
    assert not list(tenancy.unscoped_queries(of(f"def find(o):\n    return {query}"), MODELS))


def test_sql_without_organization_is_found() -> None:
    bad = of(
        '''
        FIND = "SELECT id FROM invoice WHERE number = %s"
        def lines(table):
            run(f"""UPDATE ONLY invoice_line SET {table} = 1 WHERE invoice_id = %s""")
        '''
    )
    assert [v.place for v in tenancy.unscoped_sql(bad, MODELS)] == [
        "src/allsquare/billing/sample.py",
        "src/allsquare/billing/sample.py:lines",
    ]


def test_sql_with_organization_prose_and_triggers_pass() -> None:
    good = of(
        '''
        """Rows FROM invoice."""
        FIND = "SELECT id FROM invoice WHERE organization_id = %s AND number = %s"
        SAY = "Take it from invoice 3, or update invoice 4."
        OTHER = "SELECT id FROM currency"
        GUARD = "PERFORM 1 FROM invoice WHERE id = NEW.invoice_id; RETURN NEW;"
        '''
    )
    assert not list(tenancy.unscoped_sql(good, MODELS))


def test_selectors_take_the_organization_first() -> None:
    good = "def find(organization, *, number): ...\ndef _part(number): ..."
    bad = "def find(number, organization): ..."
    assert not list(tenancy.selectors_without_organization(of(good)))
    assert len(list(tenancy.selectors_without_organization(of(bad)))) == 1
    assert len(list(tenancy.selectors_without_organization(of("def find(): ...")))) == 1


def test_services_are_told_their_organization() -> None:
    for good in ("organization: Organization", "invoice: Invoice", "invoices: Sequence[Invoice]"):
        assert not list(tenancy.services_without_organization(of(f"def act(*, {good}): ..."), MODELS))
    bad = "def act(*, number: int, person: Person): ..."
    assert len(list(tenancy.services_without_organization(of(bad), MODELS))) == 1


def test_no_query_forgets_its_organization(models: tenancy.TenantModels) -> None:
    hold("unscoped_queries", (v for s in sources() for v in tenancy.unscoped_queries(s, models)))


def test_no_sql_forgets_its_organization(models: tenancy.TenantModels) -> None:
    hold("unscoped_sql", (v for s in sources() for v in tenancy.unscoped_sql(s, models)))


def test_every_selector_takes_the_organization_first() -> None:
    selectors = [*sources("*/selectors.py"), *sources("*/selectors/*.py")]
    hold(
        "selectors_without_organization",
        (v for s in selectors if not private(s) for v in tenancy.selectors_without_organization(s)),
    )


def test_every_service_is_told_its_organization(models: tenancy.TenantModels) -> None:
    services = sources("*/services/*.py")
    hold(
        "services_without_organization",
        (v for s in services if not private(s) for v in tenancy.services_without_organization(s, models)),
    )
