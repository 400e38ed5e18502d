"""A real Chromium. Where there is none the tests say so and are skipped; in CI that is a failure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.desk import desk, server

__all__ = ["desk", "server"]  # fixtures of every browser test

HERE: Final = Path(__file__).parent
#: The first that is found. The shell is the same engine without a window of its own to draw.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
#: A quiet browser: it asks its maker for nothing.
ARGUMENTS = (
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

#: Milliseconds until what does not become so has failed; a busy machine is slow, not wrong.
expect.set_options(timeout=30_000)

#: What Chromium says when it fails itself, not the page that it shows.
ITS_OWN_FAILURES = ["Protocol error", "Target crashed", "Target page, context or browser has been closed"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.flaky(reruns=2, only_rerun=ITS_OWN_FAILURES))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        reason = "browser tests need Chromium (Debian: apt-get install chromium-headless-shell)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Chromium refuses its own sandbox to root.
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    # Playwright keeps an event loop in this thread, by which Django would take every test for asynchronous.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
