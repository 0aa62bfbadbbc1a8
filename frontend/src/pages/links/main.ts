/** Entry of the links' pages: shows what needs a script, and joins buttons, dialogues and API. */
import { Api, type Outcome } from "./api";
import { Ask } from "./ask";
import { type Deed, type LinkFields, creation, edition, question } from "./engine";
import { LinkForm } from "./form";

interface Made {
  token: string;
}

function start(): void {
  const content = document.getElementById("content");
  const formDialog = document.querySelector<HTMLDialogElement>("#link-dialog");
  const askDialog = document.querySelector<HTMLDialogElement>("#ask-dialog");
  if (!content || !formDialog || !askDialog) return;
  const { csrf = "", token = "", name = "" } = content.dataset;
  const api = new Api(csrf);
  const form = new LinkForm(formDialog);
  const ask = new Ask(askDialog);

  const thenShow = (path: (made: Made) => string) => (outcome: Outcome<Made>): Outcome<Made> => {
    if (outcome.ok) location.assign(path(outcome.data));
    return outcome;
  };
  const toLink = thenShow((made) => `/links/${made.token}`);
  const toHere = thenShow(() => location.pathname + location.search);

  function perform(deed: Deed, grace: number): Promise<Outcome<Made>> {
    if (deed === "off" || deed === "on") return api.call<Made>("POST", `/api/links/${deed}`).then(toHere);
    if (deed === "revoke") return api.call<Made>("DELETE", `/api/links/${token}`).then(toHere);
    const body = deed === "rotate" ? { grace_seconds: grace } : undefined;
    return api.call<Made>("POST", `/api/links/${token}/${deed}`, body).then(toLink);
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("button") : null;
    if (!button) return;
    const { deed, switch: turn } = button.dataset;
    if ("close" in button.dataset) button.closest("dialog")?.close();
    else if (deed || turn) {
      const wanted = (deed ?? turn) as Deed;
      ask.open(question(wanted, name), (grace) => perform(wanted, grace));
    } else if ("create" in button.dataset) {
      form.open(null, (values) => api.call<Made>("POST", "/api/links", creation(values)).then(toLink));
    } else if ("edit" in button.dataset) {
      const link = JSON.parse(document.getElementById("link-data")?.textContent ?? "null") as LinkFields;
      form.open(link, (values) => api.call<Made>("PATCH", `/api/links/${token}`, edition(values, link)).then(toLink));
    }
  });
  for (const part of document.querySelectorAll<HTMLElement>("[data-scripted]")) part.hidden = false;
}

start();
