"""What may come in and go out, byte by byte."""
