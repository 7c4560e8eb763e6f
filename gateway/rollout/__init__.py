"""The canary's way: read > judge > decide > publish."""
