"""Who did what: an append-only trail in which nothing can be changed unseen."""
