import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

SAFE = """The guards refuse what foreign keys and the guard before refused: a line without its entry or its account, and taking
away an account that lines name. Tables are held for the moment in which guards are exchanged."""


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0005_paying"),
        ("ledger", "0005_lines_by_customer"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="journalline",
            name="with_entry",
        ),
        migrations.AlterField(
            model_name="journalline",
            name="account",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.account",
            ),
        ),
        migrations.AlterField(
            model_name="journalline",
            name="entry",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="ledger.journalentry",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="account",
            trigger=pgtrigger.compiler.Trigger(
                name="keep",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="89f19c93b0f6b075e462216960b652f8d883add8",
                    operation="DELETE",
                    pgid="pgtrigger_keep_00da4",
                    table="account",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalline",
            trigger=pgtrigger.compiler.Trigger(
                name="with_entry",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    IF EXISTS (\n        SELECT 1 FROM (SELECT DISTINCT entry_id, date, organization_id FROM new_lines) l\n            LEFT JOIN LATERAL (\n                SELECT xact, date, organization_id FROM journal_entry WHERE id = l.entry_id OFFSET 0\n            ) e ON true\n        WHERE e.xact IS DISTINCT FROM pg_current_xact_id()\n            OR e.date <> l.date\n            OR e.organization_id <> l.organization_id\n    ) OR EXISTS (\n        SELECT 1 FROM (SELECT DISTINCT account_id, organization_id FROM new_lines) l\n            LEFT JOIN LATERAL (SELECT organization_id FROM account WHERE id = l.account_id OFFSET 0) a ON true\n        WHERE a.organization_id IS DISTINCT FROM l.organization_id\n    ) THEN\n        RAISE EXCEPTION 'journal lines may be added only with their entry, on its date, in its organization'\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_line_with_entry';\n    END IF;\n    RETURN NULL;\n",
                    hash="dd6da75a3593fcc87828a8b2f68ad0b6a774a713",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_with_entry_d71d8",
                    referencing="REFERENCING NEW TABLE AS new_lines ",
                    table="journal_line",
                    when="AFTER",
                ),
            ),
        ),
    ]
