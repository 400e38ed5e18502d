from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0004_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="part_payments",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="organization",
            name="least_part_percent",
            field=models.PositiveSmallIntegerField(db_default=10, default=10),
        ),
        migrations.AddField(
            model_name="organization",
            name="on_account",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
