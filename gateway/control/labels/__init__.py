"""The truth, from the admin API and the command line to disk."""
