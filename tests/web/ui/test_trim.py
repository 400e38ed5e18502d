from __future__ import annotations

import re

import pytest
from django.conf import settings

from allsquare.web.ui.trim import Vocabulary, trimmed
from allsquare.web.ui.vendor import vendor_path


@pytest.fixture(scope="module")
def tabler() -> str:
    path = vendor_path("vendor/tabler.css")
    assert path.is_file(), (
        f"front-end files are missing in {settings.FRONTEND_DIR}: run npm ci --ignore-scripts"
    )
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".a{x:1}.b{x:2}", ".a{x:1}"),
        (".a,.b{x:1}", ".a{x:1}"),
        (".a .b{x:1}.a.b{x:1}.a>p{x:1}", ".a>p{x:1}"),
        ("p{x:1}:root{--y:2}", "p{x:1}:root{--y:2}"),
        (".a:not(.b){x:1}.a:is(.b,:has(.c)){x:1}", ".a:not(.b){x:1}.a:is(.b,:has(.c)){x:1}"),
        ("@media (x){.b{x:1}}@media (y){.a{x:1}.b{x:1}}", "@media (y){.a{x:1}}"),
        ("@supports (x){@media (y){.b{x:1}}}", ""),
        ('.a{c:"}.b{"}.b{c:"}"}', '.a{c:"}.b{"}'),
        ("/* .a{ */.a{x:1}", ".a{x:1}"),
        ('@charset "UTF-8";.b{x:1}', '@charset "UTF-8";'),
        (
            "@keyframes go{to{x:1}}@keyframes stay{to{x:1}}.a{animation:go 1s}",
            "@keyframes go{to{x:1}}.a{animation:go 1s}",
        ),
        (".made-up-7{x:1}.made{x:1}", ".made-up-7{x:1}"),
    ],
)
def test_only_rules_that_can_match_are_kept(css: str, kept: str) -> None:
    assert trimmed(css, Vocabulary.of(['<p class="a">', "class='made-up-{{ n }}'"])) == kept


def _preludes(css: str) -> set[str]:
    return {found.strip() for found in re.findall(r"[^{};]+(?=\{)", css)}


def test_with_every_word_in_use_nothing_but_comments_is_lost(tabler: str) -> None:
    classes = re.findall(r"\.((?:\\.|[A-Za-z0-9_-])+)", tabler)
    everything = Vocabulary(frozenset(name.replace("\\", "") for name in classes), ())
    # Tabler itself carries a few animations that none of its rules names.
    bare = re.sub(r"/\*.*?\*/", "", tabler, flags=re.DOTALL).strip()
    before, after = (_preludes(css) for css in (bare, trimmed(tabler, everything)))
    assert len(after) > 5000
    assert all(re.match(r"@keyframes|from|to|[\d.]+%", name) for name in before - after), before - after


def test_tabler_becomes_small_and_keeps_what_pay_pages_use(tabler: str) -> None:
    page = Vocabulary.of(["card card-body btn btn-primary form-control"])
    small = trimmed(tabler, page)
    assert len(small) < len(tabler) / 5
    assert ".btn-primary{" in small
    assert ".card{" in small
    assert ".navbar-vertical" not in small
