from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connect", "0002_batches"),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="error",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AlterField(
            model_name="batch",
            name="state",
            field=models.CharField(
                choices=[
                    ("queued", "queued"),
                    ("running", "running"),
                    ("stopped", "stopped"),
                    ("failed", "failed"),
                    ("done", "done"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
    ]
