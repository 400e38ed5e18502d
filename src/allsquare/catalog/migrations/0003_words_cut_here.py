"""The index of words again, as ``WordsOf`` cuts them since; the release before finds by the old one until then."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations

from allsquare.core.operations import AddIndexConcurrently
from allsquare.core.vectors import WordsOf


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0002_lists_and_search")]

    operations = [
        AddIndexConcurrently(
            model_name="item",
            index=GinIndex(WordsOf("code", "name", "description"), name="item_by_words"),
        ),
        RemoveIndexConcurrently(model_name="item", name="item_words"),
    ]
