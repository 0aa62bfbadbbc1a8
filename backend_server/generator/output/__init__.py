"""What comes out of a run: dashboards, inventory, manifest, rules, drift and coverage."""
