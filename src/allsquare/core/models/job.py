"""Jobs of the queue that went wrong. The queue itself keeps neither the reason nor whose job it was."""

from __future__ import annotations

from django.db import models

from allsquare.core.ids import new_id


class JobTrouble(models.Model):
    """A job whose last try failed: ``error`` says why, in English (see ``core.words.kept``). A row without an
    organization is of a job that serves all of them. It goes when the job is done after all."""

    class State(models.TextChoices):
        TRYING = "trying"  # by itself, later
        FAILED = "failed"  # to its last try: a person must look
        AGAIN = "again"  # a person had it tried again
        LEFT = "left"  # a person decided that it need not be done

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField(null=True)
    job_id = models.BigIntegerField(unique=True)  # of the queue, which forgets what is done
    task = models.CharField(max_length=128)
    args = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.TRYING)
    tries = models.PositiveIntegerField(default=1)
    error = models.TextField()
    at = models.DateTimeField()  # the machine's time of the last try

    class Meta:
        db_table = "job_trouble"
        indexes = [
            models.Index(fields=["organization_id", "at", "id"], name="job_trouble_by_time"),
            models.Index(
                fields=["organization_id", "-id"],
                condition=models.Q(state="failed"),
                name="job_trouble_for_a_person",
            ),
        ]
