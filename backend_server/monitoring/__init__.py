"""Health, and what Prometheus is to scrape."""
