"""From a metric of the spec to the panels that show it."""
