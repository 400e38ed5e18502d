from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0039_payouts_reader_begins"),
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
