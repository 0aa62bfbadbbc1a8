"""Speed against peers; each benchmark is a module to run, `python -m benchmarks.template_fill`."""
