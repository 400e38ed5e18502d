"""All that is open of a customer, and paying it together or on account."""
