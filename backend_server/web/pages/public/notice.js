// Runs in the small page that stands for a dashboard: tells the page around the frame why, takes its theme, and loads
// the dashboard as soon as the link is live.
(() => {
  "use strict";
  const { reason, state: stateUrl } = document.currentScript.dataset;
  const ASK_MS = 5000;
  // What a state of the link shows as; anything else is a fault that may pass.
  const OF_LINK = ["paused", "not_yet", "pending", "failed", "expired", "revoked", "rotated", "withdrawn", "locked"];
  const shown = reason === "wrong_password" || reason === "too_many_guesses" ? "locked" : reason;

  const tell = (message) => {
    if (window.parent !== window) window.parent.postMessage({ source: "dashwright", ...message }, "*");
  };
  if (OF_LINK.includes(shown)) tell({ type: shown, state: shown, until: null });
  else tell({ type: "error", state: shown, message: document.title });

  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || data?.type !== "dashwright:theme") return;
    const theme = data.theme === "system" ? "auto" : data.theme;
    if (["light", "dark", "auto"].includes(theme)) document.documentElement.dataset.theme = theme;
  });

  const over = ["expired", "revoked", "rotated", "withdrawn", "unknown"].includes(shown);
  if (!stateUrl || over) return;
  const ask = async () => {
    try {
      const answer = await fetch(stateUrl, { cache: "no-store", credentials: "same-origin" });
      if (!answer.ok) return;
      const { state } = await answer.json();
      // A page that asks for a password stays: loading it again would lose what is being typed.
      if (state !== shown && (OF_LINK.includes(shown) || state !== "live")) location.replace(location.href);
    } catch {
      // Away for a moment; the next question comes by itself.
    }
  };
  setInterval(ask, ASK_MS);
})();
