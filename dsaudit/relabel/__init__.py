"""The re-labelling loop: hear, decide, apply, prove. Decisions go into a ledger; nothing of the user's is edited."""
