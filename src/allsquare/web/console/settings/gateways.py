"""Accounts at payment providers: added, changed, tried, switched off. Secrets go in and are never shown again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core.selectors import events_of
from allsquare.core.words import shown
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.payments.gateway import Capability, Gateway, MethodKind
from allsquare.payments.gateway_settings import tidied, with_secrets
from allsquare.payments.keys import stored_secrets
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapter_class, adapter_names, is_installed, methods_of
from allsquare.payments.selectors import (
    account_settings,
    gateway_accounts,
    open_settings,
    own_gateway_account,
)
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.change_gateway_account import change_gateway_account
from allsquare.payments.services.check_gateway_account import check_gateway_account
from allsquare.payments.services.switch_gateway_account import switch_gateway_account
from allsquare.payments.transfer_accounts import differing_accounts
from allsquare.payments.trying import is_tried
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt, blame_too, typed_in
from allsquare.web.console.shown import METHODS
from allsquare.web.console.timeline import timeline


class GatewayForm(forms.Form):
    """Made from the settings that the adapter declares. Secrets that are there already may stay empty."""

    label = forms.CharField(
        max_length=100,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("For you: it tells accounts at the same provider apart."),
    )

    def __init__(
        self, adapter: type[Gateway], *args: Any, stored: Collection[str] | None = None, **kwargs: Any
    ) -> None:
        """``stored``: the secrets that are there already; ``None`` of an account that is not."""
        super().__init__(*args, **kwargs)
        changing = stored is not None
        self._names = [field.name for field in adapter.settings_schema]
        self._secrets = [field.name for field in adapter.settings_schema if field.secret]
        for field in adapter.settings_schema:
            kept = field.name in (stored or ())
            missing = field.secret and changing and not kept
            if field.choices:
                self.fields[field.name] = forms.ChoiceField(
                    label=shown(field.label),
                    help_text=shown(field.help),
                    required=field.required,
                    choices=[(value, shown(words)) for value, words in field.choices],
                )
                continue
            widget = forms.PasswordInput(attrs={"autocomplete": "off"}) if field.secret else forms.TextInput()
            self.fields[field.name] = forms.CharField(
                label=shown(field.label),
                help_text=_secret_help(kept=kept, missing=missing, usual=shown(field.help)),
                required=field.required and not kept,
                max_length=2000,
                widget=widget,
            )

        if changing and len(adapter.methods) > 1 and Capability.RECORDED not in adapter.capabilities:
            self.fields["methods"] = forms.MultipleChoiceField(
                choices=[(method.value, METHODS[method]) for method in adapter.methods],
                label=_("Ways to pay that customers are offered"),
                widget=forms.CheckboxSelectMultiple,
            )

    def methods(self) -> list[str] | None:
        """``None`` where there is nothing to choose."""
        return self.cleaned_data.get("methods", []) if "methods" in self.fields else None

    def settings(self) -> dict[str, str]:
        return {name: typed_in(self, name) for name in self._names}

    def ask_secrets_again(self) -> None:
        """Nothing was saved, and no page sends a secret back. Where one is stored already, a field that comes back
        empty would keep that one without a word."""
        for name in self._secrets:
            if self.data.get(name) and name not in self.errors:
                self.add_error(name, _("Enter it again: no page sends a secret back, and nothing was saved."))


def _secret_help(*, kept: bool, missing: bool, usual: str) -> str:
    if kept:
        return _("One is stored. Leave it empty to keep it.")
    return _("None is stored yet.") + " " + usual if missing else usual


def _suggested(adapter: type[Gateway], organization: Organization) -> dict[str, str]:
    """What the organization says of itself already."""
    named = [field for field in adapter.settings_schema if field.suggest]
    return {field.name: str(getattr(organization, field.suggest)) for field in named}


def _secrets() -> set[str]:
    """Fields that no session may hold, whichever provider asks for them."""
    return {
        field.name
        for name in adapter_names()
        for field in adapter_class(name).settings_schema
        if field.secret
    }


@dataclass(frozen=True, slots=True)
class Provider:
    """What pages show of an adapter: templates would call the class itself."""

    name: str
    label: str
    methods: tuple[MethodKind, ...]
    by_hand: bool


def _provider(name: str) -> Provider:
    adapter = adapter_class(name)
    return Provider(name, shown(adapter.label), adapter.methods, Capability.RECORDED in adapter.capabilities)


@dataclass(frozen=True, slots=True)
class Row:
    """An account as the list shows it; ``provider`` is ``None`` where it is not installed any more."""

    account: GatewayAccount
    provider: Provider | None
    practice: bool = False  # no real money moves, though this is no rehearsal

    @property
    def is_down(self) -> bool:
        return self.account.down_since is not None

    @property
    def offered(self) -> Sequence[MethodKind]:
        return methods_of(self.account)


@staff(Permission.MANAGE_SETTINGS)
def gateway_list(request: ConsoleRequest) -> HttpResponse:
    installed = {name: _provider(name) for name in adapter_names()}
    organization = request.access.organization
    accounts = gateway_accounts(organization)
    rows = [
        Row(account, installed.get(account.gateway), is_tried(organization, account)) for account in accounts
    ]
    there = {account.gateway for account in accounts}
    context = {
        "rows": rows,
        "providers": [each for each in installed.values() if not (each.by_hand and each.name in there)],
        "takes_payments": any(
            row.account.enabled and row.provider and not row.provider.by_hand for row in rows
        ),
    }
    return render(request, "console/settings/gateways.html", context)


@staff(Permission.MANAGE_SETTINGS, keeps_form=True, secrets=_secrets)
def gateway_new(request: ConsoleRequest) -> HttpResponse:
    """``?gateway=`` names the provider."""
    name = request.GET.get("gateway", "")
    if name not in adapter_names():
        return redirect("console:gateway_list")
    adapter = adapter_class(name)
    given = {"label": shown(adapter.label), **_suggested(adapter, request.access.organization)}
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = GatewayForm(adapter, typed, initial=given)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: add_gateway_account(
                organization=request.access.organization,
                gateway=name,
                label=form.cleaned_data["label"],
                settings=form.settings(),
                actor=request.access.actor,
                trying=False,
            ),
        )
        if made is not None:
            said = _("%(name)s is added. Test the connection next.")
            if not made.enabled:
                said = _("%(name)s is added, and off, since it is in test mode. Test the connection next.")
            messages.success(request, said % {"name": made.label})
            return redirect("console:gateway", made.id)
    elif request.method == "POST":
        _look_at_the_rest(form, request.access.organization, adapter)
    if request.method == "POST":
        form.ask_secrets_again()
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "provider": _provider(name)}
    return render(request, "console/settings/gateway_new.html", context, status=status)


@staff(Permission.MANAGE_SETTINGS, keeps_form=True, secrets=_secrets)
def gateway(request: ConsoleRequest, gateway_id: UUID) -> HttpResponse:
    organization = request.access.organization
    account = own_gateway_account(organization, gateway_id)
    if not is_installed(account.gateway):
        return render(request, "console/settings/gateway_missing.html", {"account": account})
    adapter = adapter_class(account.gateway)
    stored = {
        "label": account.label,
        "methods": [method.value for method in methods_of(account)],
        **open_settings(organization, account),
    }
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = GatewayForm(adapter, typed, stored=stored_secrets(organization, account), initial=stored)
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form,
            lambda: change_gateway_account(
                organization=organization,
                account_id=account.id,
                label=form.cleaned_data["label"],
                settings=form.settings(),
                methods=form.methods(),
                actor=request.access.actor,
            ),
        )
        if saved is not None:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.label})
            return redirect("console:gateway", account.id)
    elif request.method == "POST":
        _look_at_the_rest(form, organization, adapter, account)
    if request.method == "POST":
        form.ask_secrets_again()
    context = {
        "account": account,
        "provider": _provider(account.gateway),
        "offered": methods_of(account),
        "practice": is_tried(organization, account),
        "form": form,
        "differing": [each for each in differing_accounts(organization) if each.account == account],
        "hook_url": _hook_url(account) if Capability.WEBHOOKS in adapter.capabilities else "",
        "timeline": timeline(events_of(organization.id, [account.id], limit=20), here=request.path),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/settings/gateway.html", context, status=status)


def _look_at_the_rest(
    form: GatewayForm,
    organization: Organization,
    adapter: type[Gateway],
    account: GatewayAccount | None = None,
) -> None:
    stored = account_settings(organization, account) if account else {}
    given = with_secrets(adapter, stored, form.settings())
    label, methods = typed_in(form, "label"), form.methods()
    blame_too(
        form,
        lambda: tidied(organization, adapter, label=label, settings=given, methods=methods, but=account),
    )


def _hook_url(account: GatewayAccount) -> str:
    return settings.BASE_URL + reverse("hooks:gateway", args=[account.gateway, account.id])


@post_only
@staff(Permission.MANAGE_SETTINGS)
def gateway_check(request: ConsoleRequest, gateway_id: UUID) -> HttpResponse:
    found = check_gateway_account(
        organization=request.access.organization, account_id=gateway_id, actor=request.access.actor
    )
    if found.works and found.practice:
        said = _("The connection works, in test mode: no real money moves. %(said)s")
        messages.success(request, said % {"said": shown(found.message)})
    elif found.works:
        messages.success(request, _("The connection works. %(said)s") % {"said": shown(found.message)})
    else:
        words = _("The connection does not work. %(said)s")
        field = _label_of(own_gateway_account(request.access.organization, gateway_id), found.field)
        if field:
            words = _("The connection does not work. %(said)s Look at the field “%(field)s”.")
        messages.error(request, words % {"said": shown(found.message), "field": field})
    return redirect("console:gateway", gateway_id)


def _label_of(account: GatewayAccount, name: str) -> str:
    """Of one of its settings; empty where none is meant, and where the words are about the way to the provider, whose
    address mostly nobody entered."""
    known = adapter_class(account.gateway).settings_schema
    return next((shown(field.label) for field in known if field.name == name and not field.address), "")


@post_only
@staff(Permission.MANAGE_SETTINGS)
def gateway_switch(request: ConsoleRequest, gateway_id: UUID) -> HttpResponse:
    """``to`` is ``on`` or ``off``: a repeat does not switch back."""
    account = switch_gateway_account(
        organization=request.access.organization,
        account_id=gateway_id,
        enabled=request.POST.get("to") == "on",
        actor=request.access.actor,
    )
    said = (
        _("%(name)s is on: customers can pay with it.")
        if account.enabled
        else _("%(name)s is off: nobody can start a payment with it. Payments made with it stay as they are.")
    )
    messages.success(request, said % {"name": account.label})
    return redirect("console:gateway", account.id)
