"""One pass: read wanted, read existing, plan (pure, printable), apply step by step, prove; and the loop around it."""
