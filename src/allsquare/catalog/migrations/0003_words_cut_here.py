"""The index of words again, as ``WordsOf`` cuts them since: beside the traffic, which finds without it meanwhile."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations

from allsquare.core.operations import AddIndexConcurrently
from allsquare.core.vectors import WordsOf


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0002_lists_and_search")]

    operations = [
        RemoveIndexConcurrently(model_name="item", name="item_words"),
        AddIndexConcurrently(
            model_name="item",
            index=GinIndex(WordsOf("code", "name", "description"), name="item_words"),
        ),
    ]
