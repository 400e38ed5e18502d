from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("customers", "0005_groups")]

    operations = [
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("group__isnull", False)),
                fields=["organization", "group", "id"],
                name="customer_by_group",
            ),
        ),
    ]
