// Runs beside Grafana's page, before its scripts: asks how the link stands, covers the dashboard with a notice as soon as
// the link is no longer live, and tells the page around the frame. The page itself is Grafana's and is not touched.
(() => {
  "use strict";
  const { state: stateUrl, refresh, theme: shownTheme } = document.currentScript.dataset;
  const token = /\/public-dashboards\/([0-9a-f]{32})\/state$/.exec(stateUrl)?.[1];
  if (!token) return;
  const API = `/grafana/api/public/dashboards/${token}`;
  const ASK_MS = Math.min(Math.max(Number(refresh) || 30000, 5000), 60000);
  const START_MS = 30000;
  const AWAY_AFTER = 3;
  const WORDS = {
    paused: ["This dashboard is paused", "It comes back when its owner turns it on again."],
    not_yet: ["This link is not valid yet", "It opens by itself when its time has come."],
    pending: ["The dashboard is being prepared", "This page continues by itself in a moment."],
    failed: ["This dashboard cannot be made", "Its owner can see why. It appears here once that is mended."],
    expired: ["This link has expired", "Ask whoever gave it to you for a new one."],
    revoked: ["This link is no longer valid", "Ask whoever gave it to you for a new one."],
    rotated: ["This link has been replaced", "Ask whoever gave it to you for a new one."],
    withdrawn: ["This dashboard was taken away", "Ask whoever gave you the link."],
    locked: ["This dashboard is protected", "Load the page again to enter its password."],
  };

  // --- what the page around the frame hears and says
  const tell = (message) => {
    if (window.parent !== window) window.parent.postMessage({ source: "dashwright", ...message }, "*");
  };
  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || data?.type !== "dashwright:theme") return;
    const theme = data.theme === "system" ? "auto" : data.theme;
    if (!["light", "dark", "auto"].includes(theme) || theme === shownTheme) return;
    // Grafana takes its theme when it starts; the range a visitor chose stands in the address.
    const address = new URL(location.href);
    address.searchParams.set("theme", theme);
    location.replace(address);
  });

  // --- the notice
  let shown = "live";
  let notice = null;
  const isLight = () => {
    const body = document.body.classList;
    if (body.contains("theme-light") || body.contains("theme-dark")) return body.contains("theme-light");
    return !matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const hide = (hidden) => {
    for (const child of document.body.children) {
      if (child !== notice && child.tagName !== "SCRIPT") child.style.visibility = hidden ? "hidden" : "";
    }
  };
  const cover = (state) => {
    const [title, text] = WORDS[state] ?? WORDS.revoked;
    notice?.remove();
    notice = document.createElement("div");
    notice.setAttribute("role", "status");
    notice.className = "dashwright-notice";
    notice.dataset.notice = state;
    const heading = document.createElement("strong");
    heading.textContent = title;
    const line = document.createElement("span");
    line.textContent = text;
    notice.append(heading, line);
    const light = isLight();
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
      background: light ? "#f6f7f9" : "#111217",
      color: light ? "#5a6270" : "#a3a6b1",
      font: '14px/1.5 system-ui, "Segoe UI", Roboto, sans-serif',
    });
    Object.assign(heading.style, { color: light ? "#1b1f27" : "#e6e6ee", fontSize: "16px", fontWeight: "600" });
    document.body.append(notice);
    hide(true);
  };
  const show = (state, until) => {
    if (state === shown) return;
    shown = state;
    if (state === "live") {
      tell({ type: "live", state, until });
      location.reload();
      return;
    }
    cover(state);
    tell({ type: state, state, until });
  };

  // --- how the link stands
  let asking = null;
  let failed = 0;
  let ends = 0;
  const ask = () => {
    asking ??= question().finally(() => {
      asking = null;
    });
    return asking;
  };
  const question = async () => {
    try {
      const answer = await plainFetch(stateUrl, { cache: "no-store", credentials: "same-origin" });
      if (answer.status >= 500) throw new Error("away");
      failed = 0;
      const { state, until } = answer.status === 404 ? { state: "revoked", until: null } : await answer.json();
      if (typeof state !== "string") return;
      show(state, until ?? null);
      clearTimeout(ends);
      const left = until ? Date.parse(until) - Date.now() : NaN;
      if (left > 0 && left < ASK_MS) ends = setTimeout(ask, left + 50);
    } catch {
      // Away for a moment: the page keeps what it shows, and the next question comes by itself.
      failed += 1;
      if (failed === AWAY_AFTER) tell({ type: "error", message: "The dashboard's server cannot be reached" });
    }
  };

  // --- what Grafana's page asks
  const plainFetch = window.fetch.bind(window);
  let loaded = false;
  const onLoaded = () => {
    if (loaded) return;
    loaded = true;
    tell({ type: "loaded", title: document.title, height: height() });
  };
  const firstError = ({ results, message }) => {
    const words = Object.values(results ?? {}).map((result) => result?.error);
    return words.find(Boolean) ?? message ?? "The panel could not be loaded";
  };
  const watch = async (path, answer) => {
    const panelId = Number(/^\/panels\/(\d+)\/query$/.exec(path)?.[1]) || null;
    if (answer.ok) {
      if (panelId) onLoaded();
      else if (path === "") setTimeout(onLoaded, 3000); // a dashboard of texts asks for nothing more
      return;
    }
    const refused = [401, 403, 404, 410].includes(answer.status);
    if (refused) ask();
    if (!panelId) return;
    const found = (await answer.clone().json().catch(() => null)) ?? {};
    // A panel that shows why it has no data is there, as one is that has none; a refusal is about the link, or no panel.
    if (!refused || found.messageId === "publicdashboards.panelNotFound") onLoaded();
    if (shown === "live") tell({ type: "error", panelId, message: firstError(found) });
  };
  window.fetch = async (input, init) => {
    const address = new URL(typeof input === "string" ? input : (input.url ?? String(input)), document.baseURI);
    const ours = address.origin === location.origin && address.pathname.startsWith(API);
    if (ours && address.pathname === API && typeof input === "string") {
      // The range and the refresh of the page's own address; of doubled ones the last counts.
      for (const [name, value] of new URLSearchParams(location.search)) {
        if (["refresh", "from", "to"].includes(name)) address.searchParams.set(name, value);
      }
      input = address.href;
    }
    const answer = await plainFetch(input, init);
    if (ours) watch(address.pathname.slice(API.length), answer);
    return answer;
  };

  // --- the page's height
  let lastHeight = 0;
  const height = () => {
    const grid = document.querySelector(".react-grid-layout");
    if (!grid) return 0;
    let scrolled = window.scrollY;
    for (let at = grid.parentElement; at && at !== document.documentElement; at = at.parentElement) scrolled += at.scrollTop;
    const footer = document.querySelector('[data-testid="public-dashboard-footer"]');
    return Math.ceil(grid.getBoundingClientRect().bottom + scrolled + (footer?.offsetHeight ?? 0) + 16);
  };
  const measure = () => {
    const now = shown === "live" ? height() : 0;
    if (now && now !== lastHeight) tell({ type: "height", height: (lastHeight = now) });
  };

  setInterval(measure, 500);
  setInterval(ask, ASK_MS);
  setTimeout(() => {
    if (!loaded && shown === "live") tell({ type: "error", message: "The dashboard did not start" });
  }, START_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask();
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) ask();
  });
  // At once too: a link that ends in a moment is covered to the second.
  ask();
})();
