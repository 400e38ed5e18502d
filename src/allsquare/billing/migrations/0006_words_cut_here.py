"""The index of words again, as ``WordsOf`` cuts them since: beside the traffic, which finds without it meanwhile."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations

from allsquare.core.operations import AddIndexConcurrently
from allsquare.core.vectors import WordsOf


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("billing", "0005_written_off_list")]

    operations = [
        RemoveIndexConcurrently(model_name="invoice", name="invoice_words"),
        AddIndexConcurrently(
            model_name="invoice",
            index=GinIndex(WordsOf("number", "reference", numbers=["number"]), name="invoice_words"),
        ),
    ]
