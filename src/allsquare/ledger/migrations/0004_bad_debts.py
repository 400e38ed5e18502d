from django.db import migrations

# Books that were opened before get the account for invoices that are written off: 6120, or the first number after it
# that is free. Books that are opened later get it from the default chart.
ADD = """
    INSERT INTO account (id, organization_id, code, name, kind, role, detail)
    SELECT gen_random_uuid(), o.id,
        (SELECT n::text FROM generate_series(6120, 9999) n WHERE NOT EXISTS (
            SELECT 1 FROM account a WHERE a.organization_id = o.id AND a.code = n::text) ORDER BY n LIMIT 1),
        CASE WHEN o.language LIKE 'de%' THEN 'Forderungsausfälle' ELSE 'Bad debts' END,
        'expense', 'bad_debts', ''
    FROM organization o
    WHERE EXISTS (SELECT 1 FROM account a WHERE a.organization_id = o.id AND a.role = 'receivable')
        AND NOT EXISTS (SELECT 1 FROM account a WHERE a.organization_id = o.id AND a.role = 'bad_debts')
"""

SAFE = "One new row for each organization; nobody waits for it, and older code does not look for it."


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_lists_and_search"),
    ]

    # Back again the account stays: lines may be booked on it, and an account that nobody uses does no harm.
    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
