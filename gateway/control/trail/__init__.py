"""The audit trail in the control process: what it adds to it, how it is sealed, and who may read it."""
