"""A real Chromium. Where there is none the tests say so and are skipped; in CI that is a failure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Playwright, TimeoutError, expect, sync_playwright

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
ITS_OWN_FAILURES: Final = (
    "Protocol error",
    "Target crashed",
    "Target page, context or browser has been closed",
)
#: What was waited for and did not come: an act of Playwright's, or what it was to ``expect``.
TIME_OUTS: Final = (TimeoutError, r'Expect "\w+".* with timeout \d+ms')


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What Chromium itself fails in is tried once more; and in CI, whose machines may stand still for half a minute,
    what did not come in time. A comparison of ours that fails has failed. Each further try is told at the end."""
    again = [*ITS_OWN_FAILURES, *(TIME_OUTS if os.environ.get("CI") else ())]
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=again))


@dataclass
class Engine:
    """The browser of all tests; another where it has died."""

    playwright: Playwright
    path: str
    _browser: Browser | None = None

    @property
    def browser(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            # Chromium refuses its own sandbox to root.
            arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
            self._browser = self.playwright.chromium.launch(executable_path=self.path, args=arguments)
        return self._browser

    def close(self) -> None:
        if self._browser is not None:
            self._browser.close()


@pytest.fixture
def chromium(engine: Engine) -> Browser:
    return engine.browser


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        reason = "browser tests need Chromium (Debian: apt-get install chromium-headless-shell)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    # Playwright keeps an event loop in this thread, by which Django would take every test for asynchronous.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        engine = Engine(playwright, path)
        yield engine
        engine.close()
