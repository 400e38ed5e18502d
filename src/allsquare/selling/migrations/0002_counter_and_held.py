from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("selling", "0001_initial"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="sale",
            index=models.Index(
                condition=models.Q(("at_counter", True)),
                fields=["organization", "customer"],
                name="sale_at_counter",
            ),
        ),
        AddIndexConcurrently(
            model_name="sale",
            index=models.Index(
                condition=models.Q(("state", "held")), fields=["created_at"], name="sale_held"
            ),
        ),
    ]
