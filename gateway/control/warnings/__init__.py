"""What an on-call engineer needs to hear first, in sentences: one file for each thing that can be wrong."""
