"""The index of open invoices again, with what credit notes took back beside what is paid."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("billing", "0007_credit_notes")]

    operations = [
        AddIndexConcurrently(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("state__in", ["issued", "partly_paid", "sent", "viewed"])),
                fields=["organization", "due_on", "id"],
                include=("customer", "currency", "total_minor", "paid_minor", "credited_minor"),
                name="invoice_owing",
            ),
        ),
        RemoveIndexConcurrently(model_name="invoice", name="invoice_open"),
    ]
