"""What a new folder begins with: a commented routing.yaml and two small versions of a model."""
