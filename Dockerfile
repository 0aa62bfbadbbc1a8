# syntax=docker/dockerfile:1
# One image: the service, nginx and Grafana under supervisor, one public port, no root, a read-only root file system.
# A release step pins the base images by digest; here they are taken by tag.
ARG GRAFANA_VERSION=12.4.10

FROM grafana/grafana:${GRAFANA_VERSION}-ubuntu AS grafana

FROM node:20-bookworm-slim AS pages
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM python:3.11-slim-bookworm AS service
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/dashwright
COPY requirements.txt ./
COPY scripts/requirements-build.txt ./scripts/
RUN /opt/dashwright/bin/pip install --require-hashes --no-deps -r requirements.txt \
    && python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --no-deps -r scripts/requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY config ./config
COPY dashboard_templates ./dashboard_templates
COPY metrics ./metrics
COPY frontend/src/words ./frontend/src/words
COPY backend_server ./backend_server
COPY --from=pages /build/backend_server/web/static/dist ./backend_server/web/static/dist
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/dashwright/bin/pip install --no-deps /wheels/*.whl

FROM python:3.11-slim-bookworm
ARG GRAFANA_VERSION
LABEL org.opencontainers.image.title="Dashwright" \
      org.opencontainers.image.description="A control plane beside Grafana: one live, embeddable dashboard for every device" \
      org.opencontainers.image.licenses="Apache-2.0" \
      com.grafana.version="${GRAFANA_VERSION}"
# The distribution's nginx follows its security updates, so its version is not pinned here.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates nginx-light \
    && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled/default \
    && groupadd --gid 10001 dashwright \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/dashwright --shell /usr/sbin/nologin dashwright \
    && install -d -o dashwright -g dashwright -m 0750 /var/lib/dashwright \
    && install -d -o dashwright -g dashwright -m 0755 /var/lib/grafana /var/lib/grafana/dashboards
COPY --from=grafana /usr/share/grafana /usr/share/grafana
# The service and, in it, what Grafana is given to read: in the image and never on a volume, since without its provider file
# Grafana would delete every dashboard. `dashwright prepare` checks it and lays it out anew at each start.
COPY --from=service /opt/dashwright /opt/dashwright
# In a file, not as variables: those could not be given as NAME_FILE then.
COPY config/image.env /opt/dashwright/image.env
ENV PATH=/opt/dashwright/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DASHWRIGHT_DEFAULTS=/opt/dashwright/image.env
USER 10001:10001
# supervisorctl finds its configuration here.
WORKDIR /var/lib/dashwright
VOLUME ["/var/lib/dashwright", "/var/lib/grafana"]
EXPOSE 5109 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=4 \
    CMD ["python", "-m", "backend_server.runtime.healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["dashwright"]
CMD ["run"]
