"""Running the queries of a panel: one cache, one runner, frames; for viewing, builder and alerting alike."""
