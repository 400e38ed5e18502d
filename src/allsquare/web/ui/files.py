"""Documents as answers."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def pdf_response(data: bytes, name: str) -> HttpResponse:
    """Shown by the browser, saved under ``name``, which says what it is and may hold any sign."""
    response = HttpResponse(data, content_type="application/pdf")
    filename = f"{name.replace('/', '-')}.pdf"
    response.headers["Content-Disposition"] = str(
        content_disposition_header(as_attachment=False, filename=filename)
    )
    return response
