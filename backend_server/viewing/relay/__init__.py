"""A link's document shown by Grafana: its public page, relayed and cut."""
