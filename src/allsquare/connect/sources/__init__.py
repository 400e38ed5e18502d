"""What an export is written from: a list as it stands, or the statement of a customer."""
