// Runs in the small page that stands for a dashboard: tells the page around the frame why, takes its theme, and loads
// the dashboard as soon as the link is live.
import { onHostTheme, tellHost } from "../lib/host";

const script = document.currentScript;
if (script) stand(script.dataset);

function stand({ reason = "", state: stateUrl }: DOMStringMap): void {
  const ASK_MS = 5000;
  // What a state of the link shows as; anything else is a fault that may pass.
  const OF_LINK = ["paused", "not_yet", "pending", "failed", "expired", "revoked", "rotated", "withdrawn", "locked"];
  const shown = reason === "wrong_password" || reason === "too_many_guesses" ? "locked" : reason;

  if (OF_LINK.includes(shown)) tellHost({ type: shown, state: shown, until: null });
  else tellHost({ type: "error", state: shown, message: document.title });

  onHostTheme((theme) => {
    document.documentElement.dataset.theme = theme;
  });

  const over = ["expired", "revoked", "rotated", "withdrawn", "unknown"].includes(shown);
  if (!stateUrl || over) return;
  const ask = async (): Promise<void> => {
    try {
      const answer = await fetch(stateUrl, { cache: "no-store", credentials: "same-origin" });
      if (!answer.ok) return;
      const { state } = (await answer.json()) as { state: string };
      // A page that asks for a password stays: loading it again would lose what is being typed.
      if (state !== shown && (OF_LINK.includes(shown) || state !== "live")) location.replace(location.href);
    } catch {
      // Away for a moment; the next question comes by itself.
    }
  };
  setInterval(() => void ask(), ASK_MS);
}
