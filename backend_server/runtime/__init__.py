"""From settings to running programs: prepare, run, supervise, watch."""
