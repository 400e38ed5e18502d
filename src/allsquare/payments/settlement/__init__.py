"""The rooms behind the one door (``services.settle``): charges, refunds, disputes, payouts.

Nothing outside ``services.settle`` calls them. Each takes a batch of outcomes inside the door's transaction,
locks (invoices before payments, ids ascending), decides in Python, and writes with set-based statements.
"""
