from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0025_evidence_kinds"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="reader",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
    ]
