from django.db import migrations

# Books that were opened before get the account for what moves a provider's account and is nothing that is sold or known
# here: 6300, or the first number after it that is free. Books that are opened later get it from the default chart.
ADD = """
    INSERT INTO account (id, organization_id, code, name, kind, role, detail)
    SELECT gen_random_uuid(), o.id,
        (SELECT n::text FROM generate_series(6300, 9999) n WHERE NOT EXISTS (
            SELECT 1 FROM account a WHERE a.organization_id = o.id AND a.code = n::text) ORDER BY n LIMIT 1),
        CASE WHEN o.language LIKE 'de%' THEN 'Sonstige Erträge und Aufwendungen' ELSE 'Other income and expenses' END,
        'expense', 'other', ''
    FROM organization o
    WHERE EXISTS (SELECT 1 FROM account a WHERE a.organization_id = o.id AND a.role = 'receivable')
        AND NOT EXISTS (SELECT 1 FROM account a WHERE a.organization_id = o.id AND a.role = 'other')
"""

SAFE = "One new row for each organization; nobody waits for it, and older code does not look for it."


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0010_money_of_others"),
    ]

    # Back again the account stays: lines may be booked on it, and an account that nobody uses does no harm.
    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
