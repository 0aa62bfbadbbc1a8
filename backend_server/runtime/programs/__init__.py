"""The programs of others that we start: nginx, Grafana and Prometheus."""
