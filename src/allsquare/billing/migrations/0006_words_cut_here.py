"""The index of words again, as ``WordsOf`` cuts them since; the release before finds by the old one until then."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations

from allsquare.core.operations import AddIndexConcurrently
from allsquare.core.vectors import WordsOf


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("billing", "0005_written_off_list")]

    operations = [
        AddIndexConcurrently(
            model_name="invoice",
            index=GinIndex(WordsOf("number", "reference", numbers=["number"]), name="invoice_by_words"),
        ),
        RemoveIndexConcurrently(model_name="invoice", name="invoice_words"),
    ]
