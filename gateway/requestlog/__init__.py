"""Every answer remembered: from the workers' memory to files that SQL is asked of."""
