/** Entry of the links' pages: shows what needs a script, and joins buttons, dialogues and API. */
import { Api, type Outcome } from "../../lib/api";
import { ownRoot } from "../../lib/dom";
import { Ask } from "./ask";
import { type Action, type LinkFields, creation, edition, question } from "./engine";
import { LinkForm } from "./form";

function start(): void {
  const content = document.getElementById("content");
  const formDialog = document.querySelector<HTMLDialogElement>("#link-dialog");
  const askDialog = document.querySelector<HTMLDialogElement>("#ask-dialog");
  if (!content || !formDialog || !askDialog) return;
  const { csrf = "", token = "", name = "" } = content.dataset;
  const api = new Api(csrf, ownRoot());
  const form = new LinkForm(formDialog);
  const ask = new Ask(askDialog);

  const onSuccess = <T>(path: (data: T) => string) => (outcome: Outcome<T>): Outcome<T> => {
    if (outcome.ok) location.assign(path(outcome.data));
    return outcome;
  };
  const toLink = onSuccess((link: { token: string }) => `${ownRoot()}links/${link.token}`);
  const toHere = onSuccess(() => location.pathname + location.search);

  function perform(action: Action, graceSeconds: number): Promise<Outcome<unknown>> {
    switch (action) {
      case "off":
      case "on":
        return api.call("post", `/api/links/${action}`).then(toHere);
      case "revoke":
        return api.call("delete", "/api/links/{token}", { path: { token } }).then(toHere);
      case "rotate":
        return api.call("post", "/api/links/{token}/rotate", { path: { token }, body: { grace_seconds: graceSeconds } }).then(toLink);
      default:
        return api.call("post", `/api/links/{token}/${action}`, { path: { token } }).then(toLink);
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("button") : null;
    if (!button) return;
    const { action, switch: turn } = button.dataset;
    if ("close" in button.dataset) button.closest("dialog")?.close();
    else if (action || turn) {
      const wanted = (action ?? turn) as Action;
      ask.open(question(wanted, name), (grace) => perform(wanted, grace));
    } else if ("create" in button.dataset) {
      form.open(null, (values) => api.call("post", "/api/links", { body: creation(values) }).then(toLink));
    } else if ("edit" in button.dataset) {
      const link = JSON.parse(document.getElementById("link-data")?.textContent ?? "null") as LinkFields;
      form.open(link, (values) => api.call("patch", "/api/links/{token}", { path: { token }, body: edition(values, link) }).then(toLink));
    }
  });
  for (const part of document.querySelectorAll<HTMLElement>("[data-scripted]")) part.hidden = false;
}

start();
