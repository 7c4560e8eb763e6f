"""What runs and how well, built from files alone."""
