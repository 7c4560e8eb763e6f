"""The request log as the admin side sees it: how it does, and what its rules need."""
