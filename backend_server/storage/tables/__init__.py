"""One module for each noun's rows."""
