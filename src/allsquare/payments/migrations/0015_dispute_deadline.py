from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0014_failed_payouts"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispute",
            name="evidence_by",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
