from django.db import migrations

# Payouts from before 0036 brought nothing that is of others, so nothing in the log up to now can say that it is ours
# after all. A reader without a place would begin at the first event there ever was.
BEGIN = """
    INSERT INTO event_reader (name, xact, event_id)
    SELECT 'payouts', xact, event_id FROM event_reader ORDER BY xact, event_id NULLS FIRST LIMIT 1
    ON CONFLICT (name) DO NOTHING
"""

SAFE = "One row, which no older code looks at."


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0007_payer_address"),
        ("payments", "0038_disputes_by_time"),
    ]

    operations = [migrations.RunSQL(BEGIN, migrations.RunSQL.noop)]
