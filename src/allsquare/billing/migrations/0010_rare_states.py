from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("billing", "0009_credited_range_holds")]

    operations = [
        AddIndexConcurrently(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("state__in", ["credited", "void", "written_off"])),
                fields=["organization", "state", "created_at", "id"],
                name="invoice_of_rare_state",
            ),
        ),
        RemoveIndexConcurrently(model_name="invoice", name="invoice_written_off"),
    ]
