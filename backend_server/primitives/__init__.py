"""Words every room uses: ids, durations, canonical JSON, secrets."""
