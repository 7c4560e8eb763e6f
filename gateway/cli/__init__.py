"""The verbs that people type; no logic of their own."""
