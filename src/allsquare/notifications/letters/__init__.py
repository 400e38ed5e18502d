"""What mails say: rows in, a letter out, as HTML and as plain text. Nothing here writes or sends."""
