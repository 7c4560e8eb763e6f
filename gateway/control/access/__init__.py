"""Who may do what on the admin side."""
