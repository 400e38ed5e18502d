"""The organizations whose pages are measured: built once, and found again where the database was kept."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import MappingProxyType
from typing import Final

from django.core.management import call_command

from allsquare.core import bulk
from allsquare.identity.models import Organization
from allsquare.insights.dashboard.kept import kept_to
from allsquare.insights.services import roll_up as dashboard
from allsquare.ledger.services.roll_up import roll_up
from bench.company import Company, found, found_again
from bench.databases import exists, inside, new_database
from bench.volume import papers
from bench.volume.build import Size, build
from bench.volume.rest import make_rest

SMALL, LARGE = "Small Ltd", "Large SE"
#: In the order of building. The middle one is there so that the large one is not all that there is.
SIZES: Final[Mapping[str, Size]] = MappingProxyType(
    {
        SMALL: Size(invoices=1_000, customers=50, items=20),
        "Other AG": Size(invoices=20_000, customers=1_000, items=200),
        LARGE: Size(invoices=1_000_000, customers=50_000, items=2_000),
    }
)


#: Beside the database in which is settled: what that leaves was never booked, and would not hold before ``verify``.
DATABASE: Final = "bench_volume"


@contextmanager
def in_volume() -> Iterator[Mapping[str, Company]]:
    """What is asked within is asked of the database with the large organizations; those that lack are made."""
    if not exists(DATABASE):
        new_database(DATABASE)
    with inside(DATABASE):
        call_command("migrate", interactive=False, verbosity=0)  # one that was kept may be older
        yield _stock()


@cache
def _stock() -> Mapping[str, Company]:
    """By name. Says on standard error what takes long."""
    companies: dict[str, Company] = {}
    built = False
    for name, size in SIZES.items():
        if Organization.objects.filter(name=name).exists():
            companies[name] = found_again(name)
            make_rest(companies[name])
            if kept_to(companies[name].organization) is None:  # written before these sums were kept
                dashboard.roll_up(organization=companies[name].organization)
            papers.write(companies[name].organization)  # and so here
            continue
        began = time.monotonic()
        companies[name] = found(name)
        build(companies[name], size, guarded=False)
        bulk.run("ANALYZE")  # what follows reads them, as it does where rows came one by one
        make_rest(companies[name])
        roll_up(organization=companies[name].organization)
        dashboard.roll_up(organization=companies[name].organization)
        took = time.monotonic() - began
        sys.stderr.write(f"{name}: {size.invoices:,} invoices written in {took:.0f} s\n")
        built = True
    if built:
        bulk.run("VACUUM")
        bulk.run("CHECKPOINT")
    bulk.run("ANALYZE")  # also where the database was kept: a migration may have made new indexes
    return companies
