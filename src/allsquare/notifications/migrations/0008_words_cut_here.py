"""The index of words again, as ``WordsOf`` cuts them since; the release before finds by the old one until then."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations

from allsquare.core.operations import AddIndexConcurrently
from allsquare.core.vectors import WordsOf


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0007_left_unsent")]

    operations = [
        AddIndexConcurrently(
            model_name="mail",
            index=GinIndex(WordsOf("recipient", "subject"), name="mail_by_words"),
        ),
        RemoveIndexConcurrently(model_name="mail", name="mail_words"),
    ]
