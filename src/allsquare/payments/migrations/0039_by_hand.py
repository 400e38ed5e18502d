from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0038_disputes_by_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="dispute",
            name="by_hand",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="refund",
            name="by_hand",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
