from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0015_attention_by_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispute",
            name="evidence_by",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
