"""Every finding the doctor knows: its severity, why it matters, what fixes it. `docs/doctor.md` is written from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """The severity of a finding; the worst one decides the exit code."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One entry of the catalogue."""

    id: str
    severity: Severity
    title: str
    why: str
    fix: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `what` describes it in this deployment."""

    kind: FindingKind
    what: str

    def as_json(self) -> dict[str, str]:
        """Return the finding as `--json` prints it."""
        return {
            "id": self.kind.id,
            "severity": self.kind.severity.value,
            "what": self.what,
            "why": self.kind.why,
            "fix": self.kind.fix,
        }


_EXIT_CODES = {Severity.CRITICAL: 2, Severity.WARNING: 1, Severity.INFO: 0}


def found(kind_id: str, what: str = "") -> Finding:
    """Return a finding of the catalogue's entry; without a text of its own it says the entry's title."""
    kind = CATALOGUE[kind_id]
    return Finding(kind, what or f"{kind.title}.")


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 2 when something is critical, 1 when something is a warning, else 0."""
    return max((_EXIT_CODES[finding.kind.severity] for finding in findings), default=0)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort the worst first, in the catalogue's order, without repeats."""
    rank = {severity: number for number, severity in enumerate(Severity)}
    places = {kind_id: number for number, kind_id in enumerate(CATALOGUE)}
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda finding: (rank[finding.kind.severity], places[finding.kind.id])))


def _c(kind_id: str, title: str, why: str, fix: str) -> FindingKind:
    return FindingKind(kind_id, Severity.CRITICAL, title, why, fix)


def _w(kind_id: str, title: str, why: str, fix: str) -> FindingKind:
    return FindingKind(kind_id, Severity.WARNING, title, why, fix)


def _i(kind_id: str, title: str, why: str, fix: str) -> FindingKind:
    return FindingKind(kind_id, Severity.INFO, title, why, fix)


_KINDS = (
    # From outside
    _c("unreachable", "The public address does not answer", "Nobody sees a dashboard.",
       "Check that the service runs, that PORT is published and that a proxy in front passes it on."),
    _c("not-ours", "The public address answers, and not as Dashwright does",
       "Links lead to something else.", "Point the address, or PUBLIC_URL, at this service."),
    _w("not-ready", "The service says that it is not ready", "Changes wait, or links do not answer.",
       "See the components at /server/health; the log of each names the reason."),
    _c("header-not-stripped", "A client can say who it is: an identity header sent from outside is believed",
       "Anyone who sends X-WEBAUTH-USER: admin is Grafana's administrator.",
       "Let everything pass through the shipped edge, which empties the header in every location; publish no other "
       "port."),
    _c("api-open", "The API answers without a token", "Anyone may read or change devices and links.",
       "Let nothing in front add credentials of its own to requests."),
    _c("grafana-open-at-edge", "Grafana itself answers behind the public port where it should not",
       "Its API, sign-in and datasource names are open to attack, and every Viewer reads all access tokens.",
       "Use the shipped nginx configuration: of Grafana only its static files, its health and our four public routes "
       "are open."),
    _c("grafana-page-raw", "Grafana's public page is passed on as it is",
       "It holds Grafana's own token and names every datasource with its internal address.",
       "Let /grafana/public-dashboards/ go to `web`, never to Grafana."),
    _w("metrics-open", "Metrics are open to everyone", "They tell names, numbers and versions of the deployment.",
       "For Grafana set [metrics] basic_auth_username and basic_auth_password; keep /metrics and /grafana/metrics off "
       "the public port."),
    _w("no-tls", "The public address is plain http", "Tokens, passwords and cookies can be read on the way.",
       "Put TLS in front and set PUBLIC_URL to the https address."),
    # Grafana
    _c("grafana-unreachable", "Grafana does not answer at GRAFANA_URL",
       "Nothing is published and relayed dashboards show no data.",
       "Check GRAFANA_URL and that Grafana runs; at a start with many files it listens only after reading them."),
    _c("grafana-identity", "Grafana does not take us for an administrator", "Nothing can be published or reloaded.",
       "Enable [auth.proxy] with header_name X-WEBAUTH-USER, list our address in its whitelist, and set "
       "GRAFANA_PROXY_USER to the login of [security] admin_user; or set GRAFANA_TOKEN."),
    _c("grafana-around", "Grafana can be reached around us",
       "Whoever reaches its port meets neither our links nor our limits, and may try its identity header.",
       "Set [server] http_addr = 127.0.0.1, and publish only PORT."),
    _c("grafana-header-open", "Grafana believes an identity header from another address than loopback",
       "Whoever reaches its port is administrator.", "Set [auth.proxy] whitelist = 127.0.0.1/32 and http_addr = "
       "127.0.0.1."),
    _c("allow-list-empty", "The allow-list of Grafana's auth proxy is empty",
       "An empty [auth.proxy] whitelist means that anyone who connects is whoever the header says.",
       "Set [auth.proxy] whitelist = 127.0.0.1/32."),
    _c("allow-list-wide", "The allow-list of Grafana's auth proxy lets many addresses in",
       "Each of them is whoever it says it is.", "List single addresses: 127.0.0.1/32."),
    _c("allow-list-ipv6", "An IPv6 entry of the allow-list has no mask",
       "Grafana reads a bare address as /32, which for IPv6 lets a whole provider's network in.",
       "Write the mask: ::1/128."),
    _w("auto-sign-up", "Grafana makes a user of any name in the identity header",
       "A slip anywhere in front becomes accounts that read all access tokens.",
       "Set [auth.proxy] auto_sign_up = false."),
    _w("proxy-headers", "Grafana takes more than the user's name from headers",
       "Role and groups can be claimed as well.", "Leave [auth.proxy] headers empty."),
    _c("grafana-default-password", "Grafana's administrator has a default password", "The first guess of everyone.",
       "Change it with `grafana cli admin reset-admin-password`, and set GRAFANA_ADMIN_PASSWORD."),
    _c("weak-secret", "A secret is a known default or much too short",
       "Sessions, tokens and stored passwords can be forged or read.",
       "Set it to 32 random characters or more (`openssl rand -base64 32`), or leave it out: it is made and kept."),
    _c("grafana-version", "Grafana is older than the oldest safe version",
       "CVE-2026-27877 and others: a public dashboard gives away datasource passwords.",
       "Take 12.4.3 or newer (11.6.14 of the 11.6 line)."),
    _i("grafana-version-hidden", "Grafana hides its version", "Whether it is a safe one cannot be seen from here.",
       "Nothing, if the image is 12.4.3 or newer."),
    _c("sub-path", "Grafana does not serve its pages below /grafana/",
       "Scripts and styles of relayed pages are asked for at addresses that lead nowhere.",
       "Set [server] root_url to …/grafana/ and serve_from_sub_path = true; a proxy must not strip the prefix; "
       "GRAFANA_URL ends in /grafana."),
    _c("grafana-page-unknown", "Grafana's public page is not one this service knows",
       "A page that cannot be cleaned is never passed on, so links show a notice in place of dashboards.",
       "Go back to the Grafana this release was tried with (12.4), or take a newer release of this service."),
    _c("embedding-off", "Grafana forbids to be embedded", "Browsers refuse to show relayed dashboards in a frame.",
       "Set [security] allow_embedding = true; who may embed is said by each link's frame_ancestors."),
    _c("public-dashboards-off", "Public dashboards are switched off in Grafana", "No link can be published there.",
       "Set [public_dashboards] enabled = true."),
    _w("csrf-check-off", "Grafana checks the origin of requests only with a sign-in cookie",
       "Behind an auth proxy there is none, so another site could send writes.",
       "Set [security] csrf_always_check = true."),
    _c("anonymous-on", "Grafana lets everyone in without signing in",
       "Visitors boot as a signed-in user, call far more of the API, and a Viewer reads all access tokens.",
       "Set [auth.anonymous] enabled = false; public dashboards do not need it."),
    _w("snapshots-public", "Grafana's snapshots are public, or may leave the site",
       "Anyone can store data on it, or people send dashboards to an outside server.",
       "Set [snapshots] public_mode = false and external_enabled = false."),
    _c("datasource-direct", "A datasource of Grafana is asked by the browser directly",
       "Its address and password are handed to every visitor (CVE-2026-27877).", "Set its access to proxy."),
    _c("datasource-owner", "A datasource of Grafana signs in at our database as ourselves",
       "Every viewer may ask it for accounts, secrets and links, and change them.",
       "Start the service again, which makes a role that reads other tables only, or name one in DASHBOARDS_DB_USER; "
       "remove a datasource made by hand."),
    _w("lock-interval", "A restart of Grafana in the middle of reading files will end in exit 1",
       "The lock it left behind outlasts its patience.",
       "Put dashboards_server_lock_max_interval_seconds = 3 under [classic_provisioning] in grafana.ini (a variable "
       "has no effect)."),
    # Provider file and dashboards
    _c("provider-missing", "Grafana's provider file is missing",
       "At its next reload Grafana deletes every dashboard, disableDeletion or not.",
       "Put back config/grafana/provisioning/dashboards/dashboard.yml of this release before anything reloads."),
    _c("provider-changed", "Grafana's provider file is not the shipped one",
       "A renamed provider, a shared folder or disableDeletion: false makes Grafana delete dashboards.",
       "Put back the file of this release; it is a constant and holds nothing to be changed."),
    _c("dashboards-unwritable", "The dashboards folder is missing or cannot be written", "No change reaches Grafana.",
       "Make DASHBOARDS_DIR a folder that this user may write to; `dashwright prepare` makes what is below."),
    _c("dashboards-unreadable", "Grafana's user cannot read a dashboards folder",
       "An unreadable folder keeps Grafana from starting and stops a reload for all folders after it.",
       "Give folders mode 755 and files 644; `dashwright prepare` does it for those it owns."),
    _c("provider-full", "A provider holds more dashboards than Grafana reads reliably",
       "Beyond 1,000 files it saves some again at each walk and misses removals.",
       "Stay at 900 or fewer per provider: retire devices, or run a second instance."),
    _w("provider-nearly-full", "A provider is nearly full", "At 900 dashboards further devices are refused.",
       "Plan a second instance, or retire devices no longer needed."),
    _c("duplicates", "Two dashboard files have one uid, or one title in one folder",
       "Grafana freezes every change of the providers involved until it is gone.",
       "Remove the file that is not ours, or rename its dashboard."),
    _w("foreign-files", "There are dashboard files that are not ours",
       "They are left alone, and count for Grafana's limits and duplicates.",
       "Move them out of DASHBOARDS_DIR; keep own dashboards in a provider and folder of your own."),
    # State
    _c("database-unusable", "The database cannot be used", "Nothing works without it.",
       "See the reason; a fresh one is made by `dashwright prepare`, a lost one is restored from a backup."),
    _w("wal-off", "The SQLite database is not in WAL mode",
       "Readers and the writer block each other, and the change number is slow.",
       "Start the service, which switches it on; if it stays off, DATA_DIR lies on a file system without shared "
       "memory (a network share): use a local disk or PostgreSQL."),
    _c("disk-vanishes", "State lies on a disk that does not outlive a restart", "With it all links are lost.",
       "Mount a volume at DATA_DIR, set DATABASE_URL, or LINK_TOKENS=derived."),
    _w("disk-nearly-full", "The disk of DATA_DIR is nearly full", "Changes will be refused.",
       "Free some space; 100 MB are the least."),
    _w("secrets-readable", "Other users may read the file of secrets or the database",
       "Whoever reads them can sign in as anyone.", "chmod 600 both; nothing but this service needs them."),
    _i("links-without-expiry", "There are links that never expire", "Who has one, has it until it is revoked.",
       "Set expires_at where a link is for a time; rotate those that left the house."),
    _w("worker-not-leading", "No worker leads", "Changes are stored and wait; files and links do not follow.",
       "Start `dashwright worker`, or see in its log why it ends."),
    _w("documents-failed", "Some dashboards could not be made or published", "Their devices have no live link.",
       "`dashwright device show ID` and /api/devices/ID/dashboard say why."),
    _w("documents-outdated", "Some dashboards stay as an earlier template or device made them",
       "`dashwright plan` says `write` for them, and that does not go down.",
       "`dashwright apply`, or the next audit (AUDIT_INTERVAL), finds them; if not, see the worker's log."),
    _w("removals-held", "A pass would remove many dashboards and waits for a person",
       "Until then nothing is removed.", "See `dashwright plan`; then `dashwright apply --confirm-removals`."),
    _w("prometheus-unreachable", "Prometheus does not answer", "Dashboards show no data.",
       "Check PROMETHEUS_URL and that it runs."),
    _w("time-skew", "Clocks differ by more than two seconds",
       "Charts end before now, fresh readings look old, sign-ins by JWT are refused.", "Run NTP on every machine."),
    # Settings
    _w("public-url-missing", "PUBLIC_URL is not set, and the service is open to other machines",
       "Links are made from whatever Host a request names.", "Set PUBLIC_URL to the address people use."),
    _w("public-url-wrong", "PUBLIC_URL is not an address that others can use",
       "Links lead to the reader's own machine, or nowhere.", "Set it to https://name, as people reach the service."),
    _w("outbound-wide", "OUTBOUND_ALLOW lets user-entered addresses reach nearly everything",
       "An editor can make the service ask internal machines.", "List host:port pairs or small networks."),
    _i("loopback-only", "The service listens on loopback only",
       "No ADMIN_PASSWORD is set, so no other machine reaches it.",
       "Set ADMIN_PASSWORD, or LISTEN when something in front guards it."),
    _i("not-looked-at", "Something could not be looked at", "A fault there would not be seen.",
       "Run the doctor where it can: on the machine itself, with the settings of the service."),
)  # fmt: skip

CATALOGUE = {kind.id: kind for kind in _KINDS}
