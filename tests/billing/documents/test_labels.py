from __future__ import annotations

from dataclasses import fields

import pytest

from allsquare.billing.documents.labels import ENGLISH, GERMAN, Labels, labels_for


@pytest.mark.parametrize("labels", [ENGLISH, GERMAN], ids=lambda labels: labels.language)
def test_every_language_has_a_word_for_everything(labels: Labels) -> None:
    assert [field.name for field in fields(labels) if not getattr(labels, field.name)] == []
    assert labels.units.keys() == ENGLISH.units.keys()
    assert labels.tax_notes.keys() == ENGLISH.tax_notes.keys()


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("de", "de"),
        ("de-AT", "de"),
        ("de_CH", "de"),
        ("DE", "de"),
        ("ja", "en"),
    ],
)
def test_labels_for_a_language_tag(tag: str, language: str) -> None:
    assert labels_for(tag).language == language
