"""Processes: started, watched, started again, drained."""
