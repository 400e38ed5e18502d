from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("ledger", "0004_bad_debts"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="journalline",
            index=models.Index(
                condition=models.Q(("customer_id__isnull", False)),
                fields=["account", "customer_id", "currency", "date", "id"],
                include=("organization", "amount_minor"),
                name="journal_line_by_customer",
            ),
        ),
    ]
