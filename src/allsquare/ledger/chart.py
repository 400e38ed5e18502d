"""The default chart of accounts, and the roles by which the programme finds an account."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    TAX_PAYABLE = "tax_payable"
    EQUITY = "equity"
    SALES = "sales"
    GATEWAY_FEES = "gateway_fees"
    DISPUTE_LOSSES = "dispute_losses"
    EXCHANGE = "exchange"  # gains and losses by exchange rates


#: Invoices, payments and disputes account for every cent here (their sub-ledgers); nobody else may book.
CONTROL_ROLES = frozenset({AccountRole.RECEIVABLE, AccountRole.CUSTOMER_CREDIT, AccountRole.DISPUTED})


@dataclass(frozen=True, slots=True)
class ChartLine:
    code: str
    name: str
    kind: str
    role: AccountRole


DEFAULT_CHART: tuple[ChartLine, ...] = (
    ChartLine("1000", "Bank", "asset", AccountRole.BANK),
    ChartLine("1010", "Cash", "asset", AccountRole.CASH),
    ChartLine("1020", "Cheques received", "asset", AccountRole.CHEQUES),
    ChartLine("1030", "Payouts in transit", "asset", AccountRole.PAYOUTS_IN_TRANSIT),
    ChartLine("1200", "Receivables", "asset", AccountRole.RECEIVABLE),
    ChartLine("1250", "Disputed payments", "asset", AccountRole.DISPUTED),
    ChartLine("2100", "Customer credit", "liability", AccountRole.CUSTOMER_CREDIT),
    ChartLine("2200", "Tax payable", "liability", AccountRole.TAX_PAYABLE),
    ChartLine("3000", "Equity", "equity", AccountRole.EQUITY),
    ChartLine("4000", "Sales", "income", AccountRole.SALES),
    ChartLine("6100", "Payment fees", "expense", AccountRole.GATEWAY_FEES),
    ChartLine("6110", "Disputes lost", "expense", AccountRole.DISPUTE_LOSSES),
    ChartLine("6200", "Exchange gains and losses", "expense", AccountRole.EXCHANGE),
)

#: Clearing accounts, one per gateway account, are numbered upward from here.
CLEARING_FIRST_CODE = 1100
