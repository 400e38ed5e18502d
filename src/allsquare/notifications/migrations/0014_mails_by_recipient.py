from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0013_method_gone")]

    operations = [
        AddIndexConcurrently(
            model_name="mail",
            index=models.Index(fields=["organization", "recipient", "id"], name="mail_by_recipient"),
        ),
    ]
