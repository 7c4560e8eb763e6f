"""What would be: recorded requests against another routing.yaml, or another version of a model."""
