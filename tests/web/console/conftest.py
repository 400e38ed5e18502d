from __future__ import annotations

import pytest
from django.test import Client

from tests.web.console.world import World


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def owner(world: World) -> Client:
    """The owner's browser."""
    return world.client()
