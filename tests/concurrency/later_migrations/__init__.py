"""Migrations of a version that does not exist: ``test_migrate`` runs them, as those of an app that has none."""
