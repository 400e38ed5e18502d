from __future__ import annotations

from allsquare.core.errors import AllsquareError, Conflict, NotFound


class MailUnknown(NotFound):
    """There is no such mail in this organization."""

    code = "mail_unknown"


class NothingToSay(Conflict):
    """The mail's occasion is gone (the invoice was voided, say), so sending it would tell something untrue."""

    code = "nothing_to_say"


class MailUnderWay(Conflict):
    """A mail that says something else is on its way to the same reader."""

    code = "mail_under_way"


class NotDelivered(AllsquareError):
    """The mail server did not take the mail this time. Trying again later makes sense."""

    code = "mail_not_delivered"
    status = 503


class Refused(AllsquareError):
    """The mail server refused the mail for good: the address is wrong, or it will not have this message."""

    code = "mail_refused"
    status = 422


class TooManyTests(AllsquareError):
    """Test mails are for looking once or twice."""

    code = "too_many_test_mails"
    status = 429
