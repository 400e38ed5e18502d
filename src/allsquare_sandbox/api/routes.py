"""Which address does what."""

from __future__ import annotations

from starlette.routing import Route

from allsquare_sandbox.api import charges, control, merchant, readers
from allsquare_sandbox.api.endpoint import Handler, endpoint
from allsquare_sandbox.mischief import Scope


def _get(path: str, handler: Handler) -> Route:
    return Route(f"/v1{path}", endpoint(handler, Scope.READS), methods=["GET"])


def _send(method: str, path: str, handler: Handler, operation: str = "settings") -> Route:
    return Route(f"/v1{path}", endpoint(handler, operation), methods=[method])


def _control(method: str, path: str, handler: Handler) -> Route:
    return Route(f"/control{path}", endpoint(handler), methods=[method])


ROUTES = [
    _send("POST", "/charges", charges.create, Scope.CHARGES),
    _get("/charges", charges.listed),
    _get("/charges/{id}", charges.show),
    _send("POST", "/charges/{id}/cancel", charges.cancel),
    _get("/readers", readers.listed),
    _get("/readers/{id}", readers.show),
    _get("/methods/{token}", charges.show_method),
    _send("DELETE", "/methods/{token}", charges.remove_method),
    _send("POST", "/refunds", merchant.create_refund, Scope.REFUNDS),
    _get("/refunds", merchant.list_refunds),
    _get("/refunds/{id}", merchant.show_refund),
    _get("/disputes", merchant.list_disputes),
    _get("/disputes/{id}", merchant.show_dispute),
    _send("POST", "/disputes/{id}/evidence", merchant.answer_dispute),
    _get("/payouts", merchant.list_payouts),
    _get("/payouts/{id}", merchant.show_payout),
    _get("/events", merchant.list_events),
    _get("/events/{id}", merchant.show_event),
    _get("/deliveries", merchant.list_deliveries),
    _get("/balance", merchant.balance),
    _get("/books", merchant.books),
    _get("/account", merchant.show_account),
    _send("PATCH", "/account", merchant.change_account),
    _send("POST", "/accounts", merchant.create_account),
    _control("POST", "/mischief", control.order_mischief),
    _control("GET", "/mischief", control.list_mischief),
    _control("DELETE", "/mischief", control.clear_mischief),
    _control("DELETE", "/mischief/{id}", control.clear_mischief),
    _control("POST", "/clock", control.move_clock),
    _control("POST", "/charges/{id}/pay", control.pay_charge),
    _control("POST", "/charges/{id}/settle", control.settle_charge),
    _control("POST", "/charges/{id}/bounce", control.bounce_charge),
    _control("POST", "/charges/{id}/dispute", control.dispute_charge),
    _control("POST", "/readers", readers.add),
    _control("POST", "/readers/{id}/plug", readers.plug_in),
    _control("POST", "/readers/{id}/unplug", readers.unplug),
    _control("POST", "/readers/{id}/present", readers.present),
    _control("POST", "/readers/{id}/walk-away", readers.walk_away),
    _control("POST", "/methods/{token}/replace", control.replace_method),
    _control("POST", "/methods/{token}/end", control.end_method),
    _control("POST", "/disputes/{id}/win", control.win_dispute),
    _control("POST", "/disputes/{id}/lose", control.lose_dispute),
    _control("POST", "/refunds/{id}/settle", control.settle_refund),
    _control("POST", "/refunds/{id}/fail", control.fail_refund),
    _control("POST", "/payouts", control.make_payouts),
    _control("POST", "/payouts/{id}/fail", control.fail_payout),
    _control("POST", "/events/{id}/resend", control.resend_event),
    _control("POST", "/reset", control.reset),
]
