"""What came in is kept by gateway account too, with its fees. The sums begin anew: without a mark, pages read the facts
themselves until the worker has rolled up."""

import allsquare.core.fields
from django.db import migrations, models

SAFE = (
    "It is older than the first release; and without a mark the pages of one before read no sums, and its worker tries "
    "again until it is replaced."
)
_BEGIN_ANEW = "DELETE FROM owed_day; DELETE FROM dashboard_mark"


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0002_dashboard_days"),
    ]

    operations = [
        migrations.RunSQL(_BEGIN_ANEW, _BEGIN_ANEW),
        migrations.DeleteModel(name="MoneyDay"),
        migrations.CreateModel(
            name="MoneyDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "day",
                        "gateway_account_id",
                        "currency",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("organization_id", models.UUIDField()),
                ("day", models.DateField()),
                ("gateway_account_id", models.UUIDField()),
                ("currency", allsquare.core.fields.CurrencyField(max_length=3)),
                ("captured_minor", allsquare.core.fields.MinorField()),
                ("fee_minor", allsquare.core.fields.MinorField()),
            ],
            options={
                "db_table": "money_day",
            },
        ),
    ]
