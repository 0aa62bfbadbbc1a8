"""Dashboards from a metrics spec: spec → plan → panels → layout → document; manifest, drift, inventory. Pure."""
