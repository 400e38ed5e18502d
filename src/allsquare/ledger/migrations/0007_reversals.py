from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("ledger", "0006_guards_of_lines")]

    operations = [
        AddIndexConcurrently(
            model_name="journalentry",
            index=models.Index(
                condition=models.Q(("reverses__isnull", False)),
                fields=["reverses"],
                name="journal_entry_reversal",
            ),
        ),
    ]
