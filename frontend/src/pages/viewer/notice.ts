/** The words in place of the charts when a link is not live, and how states are read from refusals. */
import { element } from "../../lib/dom";

interface Words {
  title: string;
  text: string;
}

const WORDS: Record<string, Words> = {
  paused: { title: "This dashboard is paused", text: "It comes back here by itself as soon as it is resumed." },
  not_yet: { title: "This link is not active yet", text: "It opens here by itself when its time comes." },
  pending: { title: "This dashboard is being prepared", text: "It appears here by itself in a moment." },
  failed: { title: "This dashboard cannot be made", text: "Its owner can see why. It appears here once that is mended." },
  withdrawn: { title: "This dashboard was taken away", text: "Ask the person who gave you the link." },
  expired: { title: "This link has expired", text: "Ask the person who gave it to you for a new one." },
  revoked: { title: "This link was turned off", text: "Ask the person who gave it to you for a new one." },
  locked: { title: "This dashboard is protected", text: "Reload the page to enter its password again." },
};

/** The state a refusal stands for when the server does not name one. */
export function stateOfStatus(status: number): string {
  if (status === 401) return "locked";
  if (status === 403) return "paused";
  return status === 410 ? "expired" : "revoked";
}

/** Words for a state; rotated and unknown ones read as turned off. */
export function noticeWords(state: string): Words {
  return WORDS[state] ?? WORDS["revoked"]!;
}

/** True for refusals that concern the link, not a single panel. */
export function isAboutLink(status: number, messageId: string): boolean {
  if (status === 404) return !/panel/i.test(messageId);
  return status === 401 || status === 403 || status === 410;
}

export function buildNotice(state: string, until: string | null): HTMLElement {
  const { title, text } = noticeWords(state);
  const notice = element("section", { class: "dw-notice", "data-notice": state, role: "status" },
    element("h1", {}, title), element("p", {}, text));
  const end = until ? new Date(until) : null;
  if (end && !Number.isNaN(end.getTime()) && (state === "paused" || state === "not_yet")) {
    const words = end.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    notice.append(element("p", { class: "dw-notice-time" }, element("time", { datetime: end.toISOString() }, `Expected ${words}`)));
  }
  return notice;
}
