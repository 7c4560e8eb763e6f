"""How soon decay is found and how often it is found where there is none, in simulated streams of labels."""
