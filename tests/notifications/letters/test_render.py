from __future__ import annotations

import re

from allsquare.notifications.letters.letter import Button, Letter
from allsquare.notifications.letters.render import as_html, as_text

LETTER = Letter(
    language="en",
    subject="Subject",
    preview="First words",
    sender="Seller",
    figure_label="Amount due",
    figure="€1.00",
    figure_note="due today",
    paragraphs=("Hello,", "one.", "two."),
    rows=(("Invoice", "INV-1"),),
    button=Button("Pay €1.00", "https://pay.example/1/", "Or open:"),
    small=("Keep it.",),
    footer=("Seller Ltd", "Street 1"),
)


def test_a_mail_loads_nothing_from_anywhere() -> None:
    """Neither to be pretty (web fonts) nor to be counted: what a reader opens is nobody's business."""
    html = as_html(LETTER)
    # Names of XML dialects, which nobody fetches.
    addresses = set(re.findall(r"https?://[^\"'\s<)]+", html)) - {"http://www.w3.org/1999/xhtml"}
    assert addresses == {"https://pay.example/1/"}
    assert not re.search(r"<(img|link|script|iframe)\b|@import|url\(", html)


def test_a_logo_stands_for_the_name() -> None:
    html = as_html(LETTER, logo_url="cid:logo@x")
    assert 'src="cid:logo@x"' in html
    assert 'alt="Seller"' in html


def test_plain_text_says_the_same_in_order() -> None:
    assert as_text(LETTER) == (
        "Hello,\n\none.\n\ntwo.\n\nAmount due: €1.00, due today\n\nInvoice: INV-1\n\n"
        "Pay €1.00:\nhttps://pay.example/1/\n\nKeep it.\n\n-- \nSeller Ltd\nStreet 1\n"
    )


def test_a_letter_without_button_and_facts_leaves_no_holes() -> None:
    bare = Letter(
        language="de",
        subject="S",
        preview="P",
        sender="X",
        figure_label="L",
        figure="",
        paragraphs=("Guten Tag,",),
    )
    assert as_text(bare) == "Guten Tag,\n\nL\n\n-- \n"
    assert "<a " not in as_html(bare)
    assert "<table" in as_html(bare)
