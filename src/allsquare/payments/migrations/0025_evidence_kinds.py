from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0024_forgotten_methods"),
    ]

    operations = [
        migrations.AddField(
            model_name="evidencefile",
            name="kind",
            field=models.CharField(db_default="other", default="other", max_length=20),
        ),
    ]
