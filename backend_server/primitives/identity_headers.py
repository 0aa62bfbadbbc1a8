"""The headers by which a proxy in front of an application says who somebody is. From a client they are lies.

The edge empties each of them in every location; `web` drops them, and whatever begins like one of their families.
"""

from __future__ import annotations

USER_HEADER = "X-WEBAUTH-USER"  # the one Grafana goes by
IDENTITY_HEADERS = (
    USER_HEADER,
    "X-WEBAUTH-NAME",
    "X-WEBAUTH-EMAIL",
    "X-WEBAUTH-LOGIN",
    "X-WEBAUTH-ROLE",
    "X-WEBAUTH-GROUPS",
    "X-Grafana-Id",
    "X-Grafana-Org-Id",
    "X-Grafana-User",
    "X-Grafana-Device-Id",
    "X-DS-Authorization",
    "X-Remote-User",
    "Remote-User",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Groups",
    "X-Forwarded-Roles",
    "X-Forwarded-Preferred-Username",
    "X-Forwarded-Access-Token",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-Groups",
    "X-Forwarded-Prefix",
    "X-Forwarded-Port",
    "X-Original-URL",
    "X-Rewrite-URL",
    "Forwarded",
    "Proxy",
)
# nginx takes no patterns; `web` does.
IDENTITY_FAMILIES = (
    "X-WEBAUTH",
    "WEBAUTH",
    "X-Remote",
    "Remote",
    "X-Auth-Request",
    "X-Authenticated",
    "X-SSL-Client",
    "X-Grafana",
)
