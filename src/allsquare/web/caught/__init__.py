"""Mails that the SMTP catcher caught, as pages: for demonstrations and rehearsals, where no mail goes out."""
