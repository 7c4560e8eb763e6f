"""What goes where: the plan, the file it is written in, its revisions, and the slot workers read."""
