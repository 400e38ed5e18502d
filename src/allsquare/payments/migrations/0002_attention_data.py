from django.db import migrations, models

SAFE = "It is older than the first release: nobody had a shop open on the tables before it."


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.AddField("attention", "data", models.JSONField(default=dict)),
        # Sentences that were kept whole are shown as they are.
        migrations.RunSQL(
            "UPDATE attention SET data = jsonb_build_object('text', text)",
            "UPDATE attention SET text = coalesce(data ->> 'text', kind)",
        ),
        migrations.RemoveField("attention", "text"),
    ]
