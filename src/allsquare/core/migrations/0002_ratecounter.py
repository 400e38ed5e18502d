from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="RateCounter",
            fields=[
                ("key", models.CharField(max_length=120, primary_key=True, serialize=False)),
                ("tries", models.PositiveIntegerField(default=1)),
                ("ends_at", models.DateTimeField()),
            ],
            options={
                "db_table": "rate_counter",
                "indexes": [models.Index(fields=["ends_at"], name="rate_counter_ends")],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE rate_counter SET UNLOGGED", reverse_sql="ALTER TABLE rate_counter SET LOGGED"
        ),
    ]
