"""The fixed sentences of mails in German."""

from __future__ import annotations

from allsquare.notifications.letters.words import Words

GERMAN = Words(
    language="de",
    hello="Guten Tag,",
    rehearsal="Probe: Diese Mail wäre an {recipient} gegangen. Kein Kunde wurde angeschrieben, kein Geld fließt.",
    rehearsal_mark="Probe",
    questions="Fragen? Antworten Sie auf diese Mail, sie erreicht {seller}.",
    button_fails="Falls der Knopf nichts bewirkt, öffnen Sie diese Adresse:",
    keep_link="Dieser Link ist für Sie bestimmt: Wer ihn hat, kann die Rechnung sehen und bezahlen.",
    pay="{amount} bezahlen",
    invoice_subject="Rechnung {number} von {seller}: {amount}",
    invoice_subject_due="Rechnung {number} von {seller}: {amount}, fällig am {day}",
    invoice_text="hier ist die Rechnung {number} von {seller}. Sie liegt als PDF bei.",
    invoice_how="Sie können sie online bezahlen. Das dauert etwa eine Minute, und Sie brauchen kein Konto.",
    invoice_settled="Sie ist schon bezahlt. Es ist nichts mehr zu tun.",
    amount_due="Zu zahlen",
    invoice_total="Rechnungsbetrag",
    due="fällig am {day}",
    credit_note_subject="Rechnungskorrektur {note} von {seller}: {amount} zu Rechnung {number}",
    credit_note_text=(
        "{seller} schreibt Ihnen {amount} von der Rechnung {number} gut. Die Rechnungskorrektur liegt als PDF bei."
    ),
    credit_note_reason="Als Grund wurde genannt: {reason}",
    credit_note_open="Von der Rechnung sind noch {open} offen.",
    credit_note_settled="Von der Rechnung ist nichts mehr zu zahlen.",
    credit_note_kept=(
        "Davon hatten Sie {kept} schon bezahlt. {seller} schuldet Ihnen das: als Guthaben für spätere Rechnungen oder "
        "als Erstattung."
    ),
    credited="Ihnen gutgeschrieben",
    credit_note_number="Rechnungskorrektur",
    receipt_subject="Quittung von {seller}: {amount} für Rechnung {number}",
    receipt_subject_several="Quittung von {seller}: {amount} für mehrere Rechnungen",
    receipt_subject_on_account="Quittung von {seller}: {amount}",
    receipt_text=(
        "{seller} hat Ihre Zahlung für die Rechnung {number} erhalten. Vielen Dank. Die Quittung liegt als PDF bei."
    ),
    receipt_text_several="{seller} hat Ihre Zahlung für die Rechnungen {number} erhalten. Vielen Dank. Die Quittung "
    "liegt als PDF bei.",
    receipt_text_on_account="{seller} hat Ihre Zahlung erhalten. Vielen Dank. Die Quittung liegt als PDF bei.",
    receipt_all_paid="Die Rechnung ist vollständig bezahlt. Es ist nichts mehr zu tun.",
    receipt_open="Von der Rechnung sind noch {open} offen.",
    several_open="{amount} (noch {open} offen)",
    receipt_credit_several="{amount} davon wurden für die Rechnungen nicht gebraucht. {seller} behält sie für Sie als "
    "Guthaben.",
    receipt_credit="{amount} davon wurden für die Rechnung nicht gebraucht. {seller} behält sie für Sie als Guthaben.",
    received="Zahlung erhalten",
    transfer_subject="Wohin Sie {missing} für {seller} überweisen",
    transfer_text="Sie wollen die Rechnung {number} von {seller} überweisen. Senden Sie den Betrag an dieses Konto.",
    transfer_text_several="Sie wollen die Rechnungen {number} von {seller} überweisen. Senden Sie den Betrag mit einer "
    "Überweisung an dieses Konto.",
    transfer_text_on_account="Sie wollen {seller} Geld überweisen. Senden Sie den Betrag an dieses Konto.",
    transfer_part="{came} Ihrer Überweisung sind angekommen. Der Rest fehlt noch.",
    transfer_next="Das Konto gilt nur für diese Zahlung. Geben Sie den Verwendungszweck trotzdem an. Wenn das Geld "
    "angekommen ist, bekommen Sie die Quittung.",
    transfer_figure="Zu überweisen",
    transfer_reference="Zweck",
    transfer_button="Beim Zahlungsanbieter ansehen",
    pending_subject="Ihre Zahlung von {amount} an {seller} ist unterwegs",
    pending_text_several="Ihre Bank wurde beauftragt, {amount} für die Rechnungen {number} an {seller} zu zahlen. Das "
    "dauert einige Tage.",
    pending_text_on_account="Ihre Bank wurde beauftragt, {amount} an {seller} zu zahlen. Das dauert einige Tage.",
    pending_text=(
        "Ihre Bank wurde beauftragt, {amount} für die Rechnung {number} an {seller} zu zahlen. Das dauert einige Tage."
    ),
    pending_expected="Das Geld sollte bis zum {day} ankommen.",
    pending_next=(
        "Sie müssen nichts weiter tun. Kommt das Geld an, erhalten Sie eine Quittung; lehnt Ihre Bank ab, sagen wir "
        "es Ihnen."
    ),
    under_way="Zahlung unterwegs",
    failed_subject="Ihre Bank hat {amount} nicht an {seller} gezahlt",
    failed_text_several="Ihre Bank hat die Zahlung von {amount} an {seller} für die Rechnungen {number} nicht "
    "ausgeführt. Was davon offen ist, können Sie über den Link jeder Rechnung bezahlen.",
    failed_text_on_account="Ihre Bank hat die Zahlung von {amount} an {seller} nicht ausgeführt.",
    failed_text="Ihre Bank hat die Zahlung von {amount} an {seller} für die Rechnung {number} nicht ausgeführt.",
    failed_reason="Als Grund wurde genannt: {reason}",
    failed_open=(
        "Von der Rechnung sind {open} offen. Sie können von hier aus noch einmal zahlen, oder auf anderem Weg, zum "
        "Beispiel mit Karte."
    ),
    failed_closed="Sie müssen nichts tun: Die Rechnung verlangt kein Geld mehr.",
    not_paid="Nicht bezahlt",
    refund_subject="{seller} hat {amount} erstattet",
    refund_text="{seller} hat Ihnen {amount} zurückgezahlt.",
    refund_slow=(
        "Das Geld geht an das Konto oder die Karte, womit Sie bezahlt haben ({method}). Bis Ihre Bank es zeigt, können "
        "zehn Tage vergehen."
    ),
    refunded="Ihnen erstattet",
    statement_subject="Kontoauszug von {seller}, {start} bis {end}",
    statement_text=(
        "hier steht, was {seller} Ihnen vom {start} bis zum {end} berechnet hat und was Sie gezahlt haben. Der "
        "Kontoauszug liegt als PDF bei."
    ),
    statement_check="Wenn etwas fehlt oder nicht stimmt, sagen Sie uns bitte Bescheid.",
    statement_balance="Saldo am {end}",
    statement_square="Nichts ist offen",
    statement_period="Zeitraum",
    notice_subject="{amount} von {customer} für Rechnung {number}",
    notice_subject_several="{amount} von {customer} für mehrere Rechnungen",
    notice_subject_on_account="{amount} von {customer}",
    notice_text="{customer} hat {amount} für die Rechnung {number} bezahlt.",
    notice_text_several="{customer} hat {amount} für die Rechnungen {number} bezahlt.",
    notice_text_on_account=(
        "{customer} hat {amount} bezahlt. Keine Rechnung verlangte das, es wird als Kundenguthaben behalten."
    ),
    notice_button="Alles zu dieser Zahlung",
    payment_received="Zahlung eingegangen",
    won_subject="Rückbuchung abgewehrt: {amount} von {customer}",
    won_text=(
        "die Bank des Zahlenden hat für Sie entschieden. {amount}, die sie zurückgeholt hatte, gehören wieder Ihnen, "
        "und so steht es in den Büchern."
    ),
    won_figure="Wieder Ihres",
    attention_subject="Hier werden Sie gebraucht: {what}",
    attention_text="es ist etwas zu entscheiden, das nur ein Mensch entscheiden kann.",
    attention_button="Ansehen",
    attention_figure="Zu klären",
    attention_about="Es geht um",
    down_subject="{what} antwortet nicht",
    back_subject="{what} antwortet wieder",
    provider_figure="Zahlungsanbieter",
    number="Rechnung",
    issued="Rechnungsdatum",
    reference="Ihr Zeichen",
    total="Gesamtbetrag",
    paid="Bisher bezahlt",
    still_open="Noch offen",
    credit="Als Guthaben behalten",
    tip="Davon Trinkgeld",
    paid_on="Bezahlt am",
    method="Zahlungsart",
    receipt_number="Quittung",
    customer="Kunde",
    fee="Gebühr des Anbieters",
    net="Netto für Sie",
    state="Rechnung ist jetzt",
    methods={
        "card": "Karte",
        "bank_debit": "Lastschrift",
        "bank_transfer": "Überweisung",
        "paypal": "PayPal",
        "cash": "Barzahlung",
        "cheque": "Scheck",
    },
    ending="{brand}, endet auf {last_four}",
    states={
        "draft": "Entwurf",
        "issued": "ausgestellt",
        "sent": "gesendet",
        "viewed": "angesehen",
        "partly_paid": "teilweise bezahlt",
        "paid": "bezahlt",
        "credited": "gutgeschrieben",
        "void": "storniert",
        "written_off": "abgeschrieben",
    },
    reasons={
        "insufficient_funds": "Auf dem Konto war nicht genug Geld.",
        "account_closed": "Das Konto ist aufgelöst.",
        "debit_refused": "Die Bank hat die Lastschrift abgelehnt.",
    },
)
