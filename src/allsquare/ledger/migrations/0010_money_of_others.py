from django.db import migrations

# Books that were opened before get the account for what payouts bring that is not ours: 2150, or the first number after
# it that is free. Books that are opened later get it from the default chart.
ADD = """
    INSERT INTO account (id, organization_id, code, name, kind, role, detail)
    SELECT gen_random_uuid(), o.id,
        (SELECT n::text FROM generate_series(2150, 9999) n WHERE NOT EXISTS (
            SELECT 1 FROM account a WHERE a.organization_id = o.id AND a.code = n::text) ORDER BY n LIMIT 1),
        CASE WHEN o.language LIKE 'de%' THEN 'Fremdgelder' ELSE 'Money of others' END,
        'liability', 'money_of_others', ''
    FROM organization o
    WHERE EXISTS (SELECT 1 FROM account a WHERE a.organization_id = o.id AND a.role = 'receivable')
        AND NOT EXISTS (SELECT 1 FROM account a WHERE a.organization_id = o.id AND a.role = 'money_of_others')
"""

SAFE = "One new row for each organization; nobody waits for it, and older code does not look for it."


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0009_entries_by_words"),
    ]

    # Back again the account stays: lines may be booked on it, and an account that nobody uses does no harm.
    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
