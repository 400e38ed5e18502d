from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connect", "0003_failed_batches"),
    ]

    operations = [
        migrations.AddField(
            model_name="batchrow",
            name="tries",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
