"""`dashwright generate` on files: write what is new, name or remove what is left over, verify what is there."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

import click

from backend_server.errors import ConfigError
from backend_server.generator.job import Job
from backend_server.generator.output.drift import drift_lines, find_drift, find_left_over
from backend_server.generator.output.manifest import MANIFEST, is_current, manifest_bytes, manifest_drift
from backend_server.provisioning.generated import read_bytes, read_one, read_others, remove_files, write_folder

EXIT_DRIFT = 6


def write_job(job: Job, folder: Path, *, whole: bool, prune: bool) -> None:
    """Write a job's dashboards and manifest; raises DashwrightError.

    Args:
        job: what was made.
        folder: where it goes.
        whole: all plans were made, so that other generated files in the folder are left over and named.
        prune: remove what is left over.
    """
    by_slug = {dashboard.plan.slug: dashboard for dashboard in job.made}
    at = _given_time()
    written = write_folder(folder, {f"{slug}.json": dashboard.body for slug, dashboard in by_slug.items()})
    if not is_current(_manifest(folder), job.spec, job.plans, by_slug, generated_at_unix=at):
        now = int(time.time()) if at is None else at
        write_folder(folder, {MANIFEST: manifest_bytes(job.spec, job.plans, by_slug, generated_at_unix=now)})
    panels = sum(dashboard.panel_count for dashboard in job.made)
    click.echo(f"{len(job.made)} dashboard(s), {panels} panels; {written} file(s) written to {folder}.")
    left = [dashboard.slug for dashboard in find_left_over(job.plans, read_others(folder, by_slug))] if whole else []
    if left and prune:
        remove_files(folder, [f"{slug}.json" for slug in left])
        click.echo(f"Not made any more, and removed: {', '.join(left)}", err=True)
    elif left:
        click.echo(f"Not made any more, and left as they are (--prune removes them): {', '.join(left)}", err=True)


def verify_job(job: Job, folder: Path, *, whole: bool, verbose: bool) -> None:
    """Print drift and exit 6 when there is any; `whole` also looks at the manifest and at what is left over."""
    existing = {}
    for dashboard in job.made:
        existing[dashboard.plan.slug], trouble = read_one(folder, dashboard.plan.slug)
        if trouble:
            click.echo(f"warning: {trouble}", err=True)
    drift = find_drift(job.made, existing)
    if whole:
        by_slug = {dashboard.plan.slug: dashboard for dashboard in job.made}
        drift += find_left_over(job.plans, read_others(folder, by_slug))
        manifest = manifest_drift(_manifest(folder), job.spec, job.plans, by_slug)
        # Another spec is reported for each dashboard already.
        if manifest and not (manifest.spec_only and any(difference.spec_only for difference in drift)):
            drift += (manifest,)
    for line in drift_lines(drift, verbose=verbose):
        click.echo(line)
    if drift:
        sys.exit(EXIT_DRIFT)
    click.echo(f"{len(job.made)} dashboard(s) are as the spec says.", err=True)


def _manifest(folder: Path) -> bytes | None:
    return read_bytes(folder / MANIFEST)


def _given_time() -> int | None:
    text = os.environ.get("SOURCE_DATE_EPOCH", "").strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise ConfigError(f"SOURCE_DATE_EPOCH is {text[:40]!r}; it must be seconds since 1970, digits only.")
    return int(text)
