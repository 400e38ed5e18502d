"""I3: what was acknowledged exists. The log and the providers' answers are what others were told.

Asked both ways: whoever removes all of a log, with its seals and its head, leaves no chain that could break; but what
was paid and issued is still there, and nothing tells of it.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from allsquare.insights.proofs.proof import Proof, sql

ACKNOWLEDGED = (
    Proof(
        "told_payments_exist",
        "I3",
        _("Every payment that the event log calls succeeded is there, and did."),
        "payment",
        _("The log says at %(at)s that a payment succeeded, and there is none that did."),
        sql(
            """SELECT v.organization_id, v.subject_id AS subject, v.at
               FROM event v LEFT JOIN payment p
                   ON p.id = v.subject_id AND p.organization_id = v.organization_id AND p.state = 'succeeded'
               WHERE v.kind = 'payment.succeeded' AND p.id IS NULL"""
        ),
        proves=("payment.state",),
    ),
    Proof(
        "told_invoices_exist",
        "I3",
        _("Every invoice that the event log calls issued is there, and is."),
        "invoice",
        _("The log says at %(at)s that an invoice was issued, and there is none."),
        sql(
            """SELECT v.organization_id, v.subject_id AS subject, v.at
               FROM event v LEFT JOIN invoice i
                   ON i.id = v.subject_id AND i.organization_id = v.organization_id AND i.state <> 'draft'
               WHERE v.kind = 'invoice.issued' AND i.id IS NULL"""
        ),
        proves=("invoice.state",),
    ),
    Proof(
        "payments_are_told",
        "I3",
        _("The event log tells of every payment that succeeded."),
        "payment",
        _("A payment of %(amount_minor)s succeeded at %(at)s, and the log does not tell of it."),
        sql(
            """SELECT p.organization_id, p.id AS subject, p.amount_minor, p.currency, p.settled_at AS at
               FROM payment p LEFT JOIN event v
                   ON v.subject_id = p.id AND v.organization_id = p.organization_id AND v.kind = 'payment.succeeded'
               WHERE p.state = 'succeeded' AND v.id IS NULL"""
        ),
    ),
    Proof(
        "invoices_are_told",
        "I3",
        _("The event log tells of every invoice that was issued."),
        "invoice",
        _("Invoice %(number)s was issued at %(at)s, and the log does not tell of it."),
        sql(
            """SELECT i.organization_id, i.id AS subject, i.number, i.issued_at AS at
               FROM invoice i LEFT JOIN event v
                   ON v.subject_id = i.id AND v.organization_id = i.organization_id AND v.kind = 'invoice.issued'
               WHERE i.state <> 'draft' AND v.id IS NULL"""
        ),
    ),
    Proof(
        # Each organization begins with an event.
        "log_is_sealed",
        "I4",
        _("Every organization has an event log that was sealed, an hour after it began."),
        "event",
        _(
            "This organization is here since %(at)s. Nothing of its event log was ever sealed, or all of it is gone."
        ),
        sql(
            """SELECT o.id AS organization_id, o.id AS subject, o.created_at AS at
               FROM organization o
               WHERE o.created_at < %(now)s - interval '1 hour' AND NOT EXISTS (
                   SELECT 1 FROM event_chain c WHERE c.organization_id = o.id AND c.sequence > 0)"""
        ),
    ),
    Proof(
        "answers_are_taken_in",
        "I3",
        _("Every attempt that a provider called a success made its payment succeed."),
        "payment",
        _("The provider says that an attempt succeeded, the payment is %(state)s."),
        sql(
            """SELECT a.organization_id, a.payment_id AS subject, p.state
               FROM payment_attempt a
                   JOIN payment p ON p.id = a.payment_id AND p.organization_id = a.organization_id
               WHERE a.status = 'succeeded' AND p.state <> 'succeeded'"""
        ),
    ),
    Proof(
        "one_provider_is_asked",
        "I2",
        _("A payment was made anew at another provider only where it surely did not reach the one before."),
        "payment",
        _(
            "Attempt %(number)s may have reached its provider (%(status)s), and another one was made after it."
        ),
        sql(
            """SELECT a.organization_id, a.payment_id AS subject, a.number,
                   COALESCE(NULLIF(a.status, ''), '?') AS status
               FROM payment_attempt later
                   JOIN payment_attempt a ON a.payment_id = later.payment_id AND a.number = later.number - 1
                       AND a.organization_id = later.organization_id
               WHERE later.number > 1
                   AND (a.status <> 'not_sent' OR a.repeated_at IS NOT NULL OR a.gateway_account_id IS NULL)"""
        ),
    ),
)
