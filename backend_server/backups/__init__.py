"""Backups: the state in one encrypted file, written and read back."""
