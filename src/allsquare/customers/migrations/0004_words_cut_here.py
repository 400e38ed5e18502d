"""The index of words again, as ``WordsOf`` cuts them since; the release before finds by the old one until then."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations

from allsquare.core.operations import AddIndexConcurrently
from allsquare.core.vectors import WordsOf


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("customers", "0003_lists_and_search")]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=GinIndex(
                WordsOf("name", "contact_name", "email", "tax_id", "city", "postal_code"),
                name="customer_by_words",
            ),
        ),
        RemoveIndexConcurrently(model_name="customer", name="customer_words"),
    ]
