"""Payment links and what was sold by them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from allsquare.core.fields import CurrencyField, MinorField
from allsquare.core.ids import new_token
from allsquare.identity.models import TenantModel


class PaymentLink(TenantModel):
    """Something that anybody may buy who has the address. ``price_minor`` is for one unit, tax included; without it
    whoever buys names a price, from ``least_minor`` up, perhaps one of ``suggested``. ``tips`` are percentages that are
    offered. ``limit`` is how many units are sold in all, ``most`` how many at once.

    The address is printed on posters, so ``token`` is no secret; it is random so that nobody counts the links.
    """

    token = models.CharField(max_length=40, default=new_token, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")
    item = models.ForeignKey(
        "catalog.Item", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    currency = CurrencyField()
    tax_category = models.CharField(max_length=3, default="S")
    price_minor = models.BigIntegerField(null=True, blank=True)
    least_minor = MinorField(default=0)
    suggested = ArrayField(models.BigIntegerField(), default=list, blank=True)
    tips = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    most = models.PositiveSmallIntegerField(default=1)
    limit = models.PositiveIntegerField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "payment_link"
        indexes = [models.Index(fields=["organization", "created_at", "id"], name="payment_link_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def has_choices(self) -> bool:
        """Is there anything to choose before it is known what it costs?"""
        return self.price_minor is None or self.most > 1 or bool(self.tips)


class Sale(TenantModel):
    """One buying. Its units are kept back from the moment its payment is begun (``held``) until that came (``sold``:
    the invoice is made) or ended otherwise (``given_up``). Its payment has the key ``sale-`` and its id."""

    class State(models.TextChoices):
        HELD = "held", _("Held")
        SOLD = "sold", _("Sold")
        GIVEN_UP = "given_up", _("Given up")

    link = models.ForeignKey(PaymentLink, on_delete=models.PROTECT, related_name="sales", db_index=False)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    invoice = models.OneToOneField(
        "billing.Invoice", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at_counter = models.BooleanField(default=False)  # to somebody who left neither name nor address
    state = models.CharField(max_length=10, choices=State.choices, default="held")
    quantity = models.PositiveIntegerField()
    price_minor = MinorField()
    tip_minor = MinorField(default=0)
    currency = CurrencyField()
    key = models.CharField(max_length=200)
    language = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    sold_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "sale"
        indexes = [
            models.Index(fields=["organization", "link", "state", "id"], name="sale_by_link"),
            models.Index(
                fields=["organization", "customer"],
                name="sale_at_counter",
                condition=models.Q(at_counter=True),
            ),
            models.Index(fields=["created_at"], name="sale_held", condition=models.Q(state="held")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="sale_key_once"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="sale_of_something"),
        ]

    @property
    def goods_minor(self) -> int:
        return self.price_minor * self.quantity

    @property
    def total_minor(self) -> int:
        return self.goods_minor + self.tip_minor

    @property
    def payment_key(self) -> str:
        return f"{PAYMENT_KEY}{self.id}"


#: How the key of a sale's payment begins.
PAYMENT_KEY = "sale-"
