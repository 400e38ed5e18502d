"""What everything stands on: money, time, ids, errors, the event log, encryption, PostgreSQL."""
