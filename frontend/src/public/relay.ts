// Runs beside Grafana's page, before its scripts: asks how the link stands, covers the dashboard with a notice as soon as
// the link is no longer live, and tells the page around the frame. The page itself is Grafana's and is not touched.
import { onHostTheme, tellHost } from "../lib/host";
import { openPageWords } from "../lib/words";

/** Colours of the notice, cut from tokens.css when this is built. */
declare const __NOTICE__: Record<"light" | "dark", Record<"page" | "text" | "text-secondary", string>>;

const script = document.currentScript;
const token = /\/public-dashboards\/([0-9a-f]{32})\/state$/.exec(script?.dataset["state"] ?? "")?.[1];
if (script && token) relay(token, script.dataset["state"]!, script.dataset);

function relay(token: string, stateUrl: string, { refresh, theme: shownTheme }: DOMStringMap): void {
  const API = `/grafana/api/public/dashboards/${token}`;
  const ASK_MS = Math.min(Math.max(Number(refresh) || 30000, 5000), 60000);
  const START_MS = 30000;
  const AWAY_AFTER = 3;

  onHostTheme((theme) => {
    if (theme === shownTheme) return;
    // Grafana takes its theme when it starts; the range a visitor chose stands in the address.
    const address = new URL(location.href);
    address.searchParams.set("theme", theme);
    location.replace(address);
  });

  // --- the notice
  let shown = "live";
  let notice: HTMLElement | null = null;
  const isLight = (): boolean => {
    const body = document.body.classList;
    if (body.contains("theme-light") || body.contains("theme-dark")) return body.contains("theme-light");
    return !matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const hide = (hidden: boolean): void => {
    for (const child of document.body.children) {
      if (child instanceof HTMLElement && child !== notice && child.tagName !== "SCRIPT") child.style.visibility = hidden ? "hidden" : "";
    }
  };
  const cover = (state: string): void => {
    const { title, text } = openPageWords(state);
    notice?.remove();
    notice = document.createElement("div");
    notice.setAttribute("role", "status");
    notice.className = "dashwright-notice";
    notice.dataset["notice"] = state;
    const heading = document.createElement("strong");
    heading.textContent = title;
    const line = document.createElement("span");
    line.textContent = text;
    notice.append(heading, line);
    const colours = __NOTICE__[isLight() ? "light" : "dark"];
    Object.assign(notice.style, {
      position: "fixed",
      inset: "0",
      zIndex: "2147483647",
      display: "flex",
      flexDirection: "column",
      alignItems: "center",
      justifyContent: "center",
      gap: "4px",
      padding: "16px",
      textAlign: "center",
      background: colours.page,
      color: colours["text-secondary"],
      font: '14px/1.5 system-ui, "Segoe UI", Roboto, sans-serif',
    });
    Object.assign(heading.style, { color: colours.text, fontSize: "16px", fontWeight: "600" });
    document.body.append(notice);
    hide(true);
  };
  const show = (state: string, until: string | null): void => {
    if (state === shown) return;
    shown = state;
    if (state === "live") {
      tellHost({ type: "live", state, until });
      location.reload();
      return;
    }
    cover(state);
    tellHost({ type: state, state, until });
  };

  // --- how the link stands
  let asking: Promise<void> | null = null;
  let failed = 0;
  let ends: ReturnType<typeof setTimeout> | undefined;
  const ask = (): Promise<void> => {
    asking ??= question().finally(() => {
      asking = null;
    });
    return asking;
  };
  const question = async (): Promise<void> => {
    try {
      const answer = await plainFetch(stateUrl, { cache: "no-store", credentials: "same-origin" });
      if (answer.status >= 500) throw new Error("away");
      failed = 0;
      const found: { state?: unknown; until?: string | null } = answer.status === 404 ? { state: "revoked" } : await answer.json();
      const { state, until } = found;
      if (typeof state !== "string") return;
      show(state, until ?? null);
      clearTimeout(ends);
      const left = until ? Date.parse(until) - Date.now() : NaN;
      if (left > 0 && left < ASK_MS) ends = setTimeout(() => void ask(), left + 50);
    } catch {
      // Away for a moment: the page keeps what it shows, and the next question comes by itself.
      failed += 1;
      if (failed === AWAY_AFTER) tellHost({ type: "error", message: "The dashboard's server cannot be reached" });
    }
  };

  // --- what Grafana's page asks
  const plainFetch = window.fetch.bind(window);
  let loaded = false;
  const onLoaded = (): void => {
    if (loaded) return;
    loaded = true;
    tellHost({ type: "loaded", title: document.title, height: height() });
  };
  const firstError = ({ results, message }: Failure): string => {
    const words = Object.values(results ?? {}).map((result) => result.error);
    return words.find(Boolean) ?? message ?? "The panel could not be loaded";
  };
  const watch = async (path: string, answer: Response): Promise<void> => {
    const panelId = Number(/^\/panels\/(\d+)\/query$/.exec(path)?.[1]) || null;
    if (answer.ok) {
      if (panelId) onLoaded();
      else if (path === "") setTimeout(onLoaded, 3000); // a dashboard of texts asks for nothing more
      return;
    }
    const refused = [401, 403, 404, 410].includes(answer.status);
    if (refused) void ask();
    if (!panelId) return;
    const found = ((await answer.clone().json().catch(() => null)) ?? {}) as Failure;
    // A panel that shows why it has no data is there, as one is that has none; a refusal is about the link, or no panel.
    if (!refused || found.messageId === "publicdashboards.panelNotFound") onLoaded();
    if (shown === "live") tellHost({ type: "error", panelId, message: firstError(found) });
  };
  window.fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const address = new URL(typeof input === "string" ? input : (input instanceof Request ? input.url : String(input)), document.baseURI);
    const ours = address.origin === location.origin && address.pathname.startsWith(API);
    if (ours && address.pathname === API && typeof input === "string") {
      // The range and the refresh of the page's own address; of doubled ones the last counts.
      for (const [name, value] of new URLSearchParams(location.search)) {
        if (["refresh", "from", "to"].includes(name)) address.searchParams.set(name, value);
      }
      input = address.href;
    }
    const answer = await plainFetch(input, init);
    if (ours) void watch(address.pathname.slice(API.length), answer);
    return answer;
  };

  // --- the page's height
  let lastHeight = 0;
  const height = (): number => {
    const grid = document.querySelector<HTMLElement>(".react-grid-layout");
    if (!grid) return 0;
    let scrolled = window.scrollY;
    for (let at = grid.parentElement; at && at !== document.documentElement; at = at.parentElement) scrolled += at.scrollTop;
    const footer = document.querySelector<HTMLElement>('[data-testid="public-dashboard-footer"]');
    return Math.ceil(grid.getBoundingClientRect().bottom + scrolled + (footer?.offsetHeight ?? 0) + 16);
  };
  const measure = (): void => {
    const now = shown === "live" ? height() : 0;
    if (now && now !== lastHeight) tellHost({ type: "height", height: (lastHeight = now) });
  };

  setInterval(measure, 500);
  setInterval(() => void ask(), ASK_MS);
  setTimeout(() => {
    if (!loaded && shown === "live") tellHost({ type: "error", message: "The dashboard did not start" });
  }, START_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void ask();
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) void ask();
  });
  // At once too: a link that ends in a moment is covered to the second.
  void ask();
}

interface Failure {
  results?: Record<string, { error?: string }>;
  message?: string;
  messageId?: string;
}
