"""What can be wrong with a backup, or with the place that it shall go to."""

from __future__ import annotations

from allsquare.core.errors import AllsquareError, Conflict, InvalidInput


class BackupDamaged(AllsquareError):
    """The file is not what was written: cut off, changed, or no backup at all."""

    code = "backup_damaged"


class BackupKeyWrong(InvalidInput):
    """There is no key, or not the one that the file was encrypted with."""

    code = "backup_key_wrong"


class BackupNotWritten(AllsquareError):
    """The file could not be written; nothing is left of it."""

    code = "backup_not_written"
    status = 500


class RestoreRefused(Conflict):
    """The place is not empty, or does not fit the backup. Nothing was changed."""

    code = "restore_refused"


class RestoreFailed(AllsquareError):
    """The place could not take the backup in."""

    code = "restore_failed"
    status = 500
