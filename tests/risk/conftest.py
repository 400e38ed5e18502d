"""Fixtures of the tests of rules and lists."""

from __future__ import annotations

import pytest

from allsquare.identity.models import Organization
from tests import factories


@pytest.fixture
def organization(db: None) -> Organization:
    return factories.make_organization()
