"""Disputes: the list, and one: what happened, until when it can be answered, and the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core import document_store
from allsquare.core.errors import FieldErrors
from allsquare.core.selectors import events_of
from allsquare.core.words import shown
from allsquare.identity.permissions import Permission
from allsquare.ledger import selectors as ledger
from allsquare.payments.disputes import Case, get_case, get_file, is_answered_here
from allsquare.payments.evidence import LONGEST_TEXT, NAMES, Given, check_size
from allsquare.payments.gateway_abilities import EvidenceKind
from allsquare.payments.models import DisputeAnswer
from allsquare.payments.services.answer_dispute import answer_dispute
from allsquare.payments.services.send_answer import send_answer
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.by_hand import hand_of_dispute
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.money import new_key
from allsquare.web.console.lists.page import listing
from allsquare.web.console.timeline import timeline


class AnswerForm(forms.Form):
    """The service checks everything again. One field for each kind of file (``EvidenceKind``)."""

    text = forms.CharField(
        max_length=LONGEST_TEXT,
        label=gettext_lazy("What happened"),
        help_text=gettext_lazy("What was sold and delivered, when, and how the payer agreed to it."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    key = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accepted = {"accept": "application/pdf,image/png,image/jpeg"}
        for kind, name in NAMES.items():
            self.fields[kind.value] = forms.FileField(
                required=False, label=name, allow_empty_file=True, widget=forms.FileInput(attrs=accepted)
            )

    @property
    def files_offered(self) -> list[forms.BoundField]:
        return [self[kind.value] for kind in NAMES]

    def clean(self) -> dict[str, Any]:
        """Too much is refused before any of it is read."""
        cleaned = super().clean() or {}
        try:
            check_size({kind: file.size or 0 for kind, file in self._uploaded(cleaned)})
        except FieldErrors as refused:
            for field, message in refused.errors.items():
                self.add_error(field, message)
        return cleaned

    def given(self) -> list[Given]:
        return [
            Given(file.name or "", bytes(file.read()), kind)
            for kind, file in self._uploaded(self.cleaned_data)
        ]

    def _uploaded(self, cleaned: Mapping[str, Any]) -> Iterator[tuple[EvidenceKind, UploadedFile[bytes]]]:
        for kind in NAMES:
            if isinstance(cleaned.get(kind.value), UploadedFile):
                yield kind, cleaned[kind.value]


@staff(Permission.VIEW_SALES)
def dispute_list(request: ConsoleRequest) -> HttpResponse:
    return listing(request, "disputes")


@staff(Permission.VIEW_SALES)
def dispute(request: ConsoleRequest, dispute_id: UUID) -> HttpResponse:
    case = get_case(request.access.organization, dispute_id)
    return _page(request, case, AnswerForm(initial={"key": new_key()}))


@staff(Permission.RECORD_PAYMENTS, keeps_form=True)
def dispute_answer(request: ConsoleRequest, dispute_id: UUID) -> HttpResponse:
    """Whatever is refused, what was typed stays: it may be an hour's work. Sent twice it is one answer."""
    organization = request.access.organization
    case = get_case(organization, dispute_id)
    if request.method != "POST":
        typed = kept_form.take(request)
        return _page(request, case, AnswerForm(typed)) if typed else redirect("console:dispute", dispute_id)
    form = AnswerForm(request.POST, request.FILES)
    if form.is_valid():
        answer = attempt(form, lambda: _answer(request, dispute_id, form))
        if answer is not None:
            _say(request, answer)
            return redirect("console:dispute", dispute_id)
    return _page(request, get_case(organization, dispute_id), form, status=422)


@staff(Permission.RECORD_PAYMENTS)
def dispute_file(request: ConsoleRequest, dispute_id: UUID, file_id: UUID) -> HttpResponse:
    """Somebody uploaded it, so it is saved and never shown by the browser, whatever it holds."""
    file = get_file(request.access.organization, dispute_id, file_id)
    response = HttpResponse(document_store.get(file.sha256), content_type=file.media_type)
    response.headers["Content-Disposition"] = str(
        content_disposition_header(as_attachment=True, filename=file.name)
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@post_only
@staff(Permission.RECORD_PAYMENTS)
def dispute_send_again(request: ConsoleRequest, dispute_id: UUID) -> HttpResponse:
    """What is kept and may not have arrived."""
    organization = request.access.organization
    answer = get_case(organization, dispute_id).answer
    if answer is not None:
        _say(
            request,
            send_answer(organization=organization, answer_id=answer.id, actor=request.access.actor),
        )
    return redirect("console:dispute", dispute_id)


def _answer(request: ConsoleRequest, dispute_id: UUID, form: AnswerForm) -> DisputeAnswer:
    return answer_dispute(
        organization=request.access.organization,
        dispute_id=dispute_id,
        text=form.cleaned_data["text"],
        files=form.given(),
        key=f"console:{form.cleaned_data['key']}",
        actor=request.access.actor,
    )


def _say(request: ConsoleRequest, answer: DisputeAnswer) -> None:
    if answer.state == DisputeAnswer.State.SENT:
        messages.success(request, _("The provider has your answer. The bank decides now."))
    elif answer.state == DisputeAnswer.State.REFUSED:
        told = {"reason": shown(answer.message)}
        messages.error(request, _("The provider did not take the answer. %(reason)s") % told)
    else:
        messages.warning(
            request, _("Nobody knows yet whether the answer arrived. Send it again: it is taken once.")
        )


def _page(request: ConsoleRequest, case: Case, form: AnswerForm, *, status: int = 200) -> HttpResponse:
    organization = request.access.organization
    name = case.dispute.id
    may_see = request.access.may(Permission.VIEW_BOOKS)
    here = is_answered_here(case)
    may_answer = request.access.may(Permission.RECORD_PAYMENTS)
    can_send = here and case.is_open and case.answer is None and may_answer
    context = {
        "case": case,
        "dispute": case.dispute,
        "payment": case.dispute.payment,
        "answered_here": here,
        "hand": hand_of_dispute(organization, case.dispute),
        "form": form if form.is_bound or can_send else None,
        "can_send": can_send,
        "entries": ledger.entries_of(organization, case.sources) if may_see else [],
        "timeline": timeline(events_of(organization.id, [name], limit=200), here=request.path),
    }
    return render(request, "console/disputes/dispute.html", context, status=status)
