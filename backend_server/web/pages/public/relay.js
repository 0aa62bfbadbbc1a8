// Runs beside Grafana's page: asks how the link stands, tells the page around the frame, and covers the dashboard with a
// notice as soon as the link is no longer live. The page itself is Grafana's and is not touched otherwise.
(() => {
  "use strict";
  const self = document.currentScript;
  const url = self && self.dataset.state;
  if (!url) return;
  const words = {
    paused: ["This dashboard is paused", "It comes back when its owner turns it on again."],
    not_yet: ["This link is not valid yet", "It opens by itself when its time has come."],
    pending: ["The dashboard is being prepared", "This page continues by itself in a moment."],
    expired: ["This link has expired", "Ask whoever gave it to you for a new one."],
    revoked: ["This link is no longer valid", "Ask whoever gave it to you for a new one."],
    rotated: ["This link has been replaced", "Ask whoever gave it to you for a new one."],
  };
  let shown = "live";
  let notice = null;

  const tell = (state, until) => {
    if (window.parent !== window) window.parent.postMessage({ source: "dashwright", state, until }, "*");
  };
  const cover = ([title, text]) => {
    if (notice) notice.remove();
    notice = document.createElement("div");
    notice.setAttribute("role", "status");
    notice.className = "dashwright-notice";
    const heading = document.createElement("strong");
    heading.textContent = title;
    const line = document.createElement("span");
    line.textContent = text;
    notice.append(heading, line);
    Object.assign(notice.style, {
      position: "fixed",
      inset: "0",
      zIndex: "100000",
      display: "flex",
      flexDirection: "column",
      alignItems: "center",
      justifyContent: "center",
      gap: "4px",
      padding: "16px",
      textAlign: "center",
      background: "Canvas",
      color: "CanvasText",
      font: '14px/1.5 system-ui, "Segoe UI", Roboto, sans-serif',
    });
    document.body.append(notice);
  };
  const ask = async () => {
    try {
      const answer = await fetch(url, { cache: "no-store", credentials: "omit" });
      const { state, until } = answer.status === 404 ? { state: "revoked", until: null } : await answer.json();
      if (typeof state !== "string" || state === shown) return;
      tell(state, until ?? null);
      if (state === "live") location.reload();
      else if (words[state]) cover(words[state]);
      shown = state;
    } catch {
      // Away for a moment: the page keeps what it shows, and the next question comes by itself.
    }
  };
  tell("live", null);
  setInterval(ask, 10000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask();
  });
})();
