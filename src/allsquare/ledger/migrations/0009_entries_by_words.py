from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently
from allsquare.core.vectors import WordsOf


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("ledger", "0008_few_are_reversals"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="journalentry",
            index=GinIndex(
                WordsOf("memo"),
                condition=models.Q(("kind__in", ["invoice.issued", "payment.settled"]), _negated=True),
                name="journal_entry_by_words",
            ),
        ),
        AddIndexConcurrently(
            model_name="journalentry",
            index=models.Index(fields=["organization", "id"], name="journal_entry_newest"),
        ),
    ]
