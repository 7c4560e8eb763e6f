"""Records sent to where their users have outgrown one disk: at least once, in order, each with its id."""
