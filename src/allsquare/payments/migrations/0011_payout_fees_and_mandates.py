from django.db import migrations, models

import allsquare.core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0010_part_terms"),
    ]

    operations = [
        migrations.AddField(
            model_name="payout",
            name="fee_minor",
            field=allsquare.core.fields.MinorField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="paymentmethod",
            name="mandate",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
    ]
