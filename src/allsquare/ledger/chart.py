"""The default chart of accounts, and the roles by which the programme finds an account."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class AccountRole(StrEnum):
    """What an account is used for. Numbers and names may be changed by the organization, roles not."""

    BANK = "bank"
    CASH = "cash"
    CHEQUES = "cheques"  # cheques received and not yet cleared
    PAYOUTS_IN_TRANSIT = "payouts_in_transit"  # paid out by a gateway, not yet seen on the bank statement
    CLEARING = "clearing"  # what a gateway owes us; one account per gateway account
    RECEIVABLE = "receivable"
    DISPUTED = "disputed"  # withdrawn by a gateway while a dispute is open
    CUSTOMER_CREDIT = "customer_credit"
    MONEY_OF_OTHERS = "money_of_others"  # came with our payouts, of who else uses the gateway account
    TAX_PAYABLE = "tax_payable"
    EQUITY = "equity"
    SALES = "sales"
    GATEWAY_FEES = "gateway_fees"
    DISPUTE_LOSSES = "dispute_losses"
    BAD_DEBTS = "bad_debts"  # invoices written off
    EXCHANGE = "exchange"  # gains and losses by exchange rates
    OTHER = "other"  # what nothing here sells or knows: paid from a balance at a gateway, or given by it

    @property
    def label(self) -> str:
        """As the default chart names it."""
        return str(_NAMES[self])


#: Invoices, payments and disputes account for every cent here (their sub-ledgers); nobody else may book.
CONTROL_ROLES = frozenset({AccountRole.RECEIVABLE, AccountRole.CUSTOMER_CREDIT, AccountRole.DISPUTED})


@dataclass(frozen=True, slots=True)
class ChartLine:
    code: str
    name: Promise
    kind: str
    role: AccountRole


DEFAULT_CHART: tuple[ChartLine, ...] = (
    ChartLine("1000", _("Bank"), "asset", AccountRole.BANK),
    ChartLine("1010", _("Cash"), "asset", AccountRole.CASH),
    ChartLine("1020", _("Cheques received"), "asset", AccountRole.CHEQUES),
    ChartLine("1030", _("Payouts in transit"), "asset", AccountRole.PAYOUTS_IN_TRANSIT),
    ChartLine("1200", _("Receivables"), "asset", AccountRole.RECEIVABLE),
    ChartLine("1250", _("Disputed payments"), "asset", AccountRole.DISPUTED),
    ChartLine("2100", _("Customer credit"), "liability", AccountRole.CUSTOMER_CREDIT),
    ChartLine("2150", _("Money of others"), "liability", AccountRole.MONEY_OF_OTHERS),
    ChartLine("2200", _("Tax payable"), "liability", AccountRole.TAX_PAYABLE),
    ChartLine("3000", _("Equity"), "equity", AccountRole.EQUITY),
    ChartLine("4000", _("Sales"), "income", AccountRole.SALES),
    ChartLine("6100", _("Payment fees"), "expense", AccountRole.GATEWAY_FEES),
    ChartLine("6110", _("Disputes lost"), "expense", AccountRole.DISPUTE_LOSSES),
    ChartLine("6120", _("Bad debts"), "expense", AccountRole.BAD_DEBTS),
    ChartLine("6200", _("Exchange gains and losses"), "expense", AccountRole.EXCHANGE),
    ChartLine("6300", _("Other income and expenses"), "expense", AccountRole.OTHER),
)

_NAMES: Final = {line.role: line.name for line in DEFAULT_CHART} | {
    AccountRole.CLEARING: _("Held by a payment provider")
}

#: Clearing accounts, one per gateway account, are numbered upward from here.
CLEARING_FIRST_CODE = 1100
