"""One pass over the documents that are due: filled, planned (pure, printable), run step by step, and stored."""
