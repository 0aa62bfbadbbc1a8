"""The command line: one command per process, and everything an operator does by hand."""
