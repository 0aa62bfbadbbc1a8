/** The words in place of the charts when a link is not live, and how states are read from refusals. */
import { element } from "../../lib/dom";
import { openPageWords } from "../../lib/words";

/** The state a refusal stands for when the server does not name one. */
export function stateOfStatus(status: number): string {
  if (status === 401) return "locked";
  if (status === 403) return "paused";
  return status === 410 ? "expired" : "revoked";
}

/** True for refusals that concern the link, not a single panel. */
export function isAboutLink(status: number, messageId: string): boolean {
  if (status === 404) return !/panel/i.test(messageId);
  return status === 401 || status === 403 || status === 410;
}

export function buildNotice(state: string, until: string | null): HTMLElement {
  const { title, text } = openPageWords(state);
  const notice = element("section", { class: "dw-notice", "data-notice": state, role: "status" },
    element("h1", {}, title), element("p", {}, text));
  const end = until ? new Date(until) : null;
  if (end && !Number.isNaN(end.getTime()) && (state === "paused" || state === "not_yet")) {
    const words = end.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    notice.append(element("p", { class: "dw-notice-time" }, element("time", { datetime: end.toISOString() }, `Expected ${words}`)));
  }
  return notice;
}
