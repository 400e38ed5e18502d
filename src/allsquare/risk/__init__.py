"""Who may be trying to pay with what is not theirs: rules that the owner can change, lists, and what was found."""
