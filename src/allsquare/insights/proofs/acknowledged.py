"""I3: what was acknowledged exists. The log and the providers' answers are what others were told."""

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
