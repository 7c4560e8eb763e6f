"""Trying a model: a form from its own inputs, and one real request through the data plane."""
