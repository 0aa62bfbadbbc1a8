"""nginx as the only public port: its configuration, rendered from the settings, and its start."""
