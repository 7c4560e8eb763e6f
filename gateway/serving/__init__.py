"""The model service: one model version, loaded once, asked by the Open Inference Protocol."""
