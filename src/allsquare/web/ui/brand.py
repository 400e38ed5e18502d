"""A brand's colour as a stylesheet: the policy allows no inline style, so each colour has an address of its own.

The address says the colour and nothing else, so it tells nobody anything and can be kept for ever.
"""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from allsquare.core import colours
from allsquare.core.errors import InvalidInput, NotFound

_SHEET: Final = """\
.payer, .brand-{name} {{
  --tblr-primary: {colour}; --tblr-primary-rgb: {rgb}; --tblr-primary-fg: {ink}; --tblr-primary-darken: {darker};
  --tblr-link-color: light-dark({light}, {dark}); --tblr-link-hover-color: light-dark({light}, {dark});
}}
:is(.payer, .brand-{name}) :focus-visible {{ outline-color: light-dark({light}, {dark}); }}
"""


@require_safe
def stylesheet(request: HttpRequest, colour: str) -> HttpResponse:
    """``colour`` is ``rrggbb``. Text on it is white or dark, links are made as dark or light as they must be."""
    try:
        found = colours.tidy(colour)
    except InvalidInput as error:
        raise NotFound(_("There is no such colour.")) from error
    if found.removeprefix("#") != colour:
        raise NotFound(_("There is no such colour."))
    sheet = _SHEET.format(
        name=colour,
        colour=found,
        rgb=", ".join(str(int(colour[place : place + 2], 16)) for place in (0, 2, 4)),
        ink=colours.ink_on(found),
        darker=f"color-mix(in oklab, {found} 88%, {colours.ink_on(colours.ink_on(found))})",
        light=colours.on_light(found),
        dark=colours.on_dark(found),
    )
    response = HttpResponse(sheet, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
