/** Grafana's page asks by `fetch`: its questions pass through here, so that we see which panels are shown and which fail. */

export interface PanelEvents {
  /** A panel is there, with data or with the reason why it has none. */
  onShown(): void;
  /** An answer that may be about the link, not the panel: tells whether the link is live all the same. */
  onRefused(): Promise<boolean>;
  onFailure(panelId: number, message: string): void;
}

interface Failure {
  results?: Record<string, { error?: string } | null>;
  message?: string;
  messageId?: string;
}

const REFUSALS = [401, 403, 404, 410];
/** A dashboard of texts asks for nothing more than itself. */
const TEXTS_ONLY_MS = 3_000;

/** `api` is the path of the link's dashboard; questions below it are ours. */
export function watchPanels(api: string, events: PanelEvents): void {
  const plainFetch = window.fetch.bind(window);
  window.fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const address = new URL(input instanceof Request ? input.url : input, document.baseURI);
    const isOurs = address.origin === location.origin && address.pathname.startsWith(api);
    const answer = await plainFetch(isOurs && address.pathname === api && typeof input === "string" ? withOwnRange(address) : input, init);
    if (!isOurs) return answer;
    // Grafana would mark each panel and show a toast, in the moment before the notice covers them: it hears nothing any more.
    if (REFUSALS.includes(answer.status) && !(await events.onRefused())) return new Promise(() => undefined);
    void look(address.pathname.slice(api.length), answer, events);
    return answer;
  };
}

/** The range and the refresh of the page's own address; of doubled ones the last counts. */
function withOwnRange(address: URL): string {
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (["refresh", "from", "to"].includes(name)) address.searchParams.set(name, value);
  }
  return address.href;
}

async function look(path: string, answer: Response, events: PanelEvents): Promise<void> {
  const panelId = Number(/^\/panels\/(\d+)\/query$/.exec(path)?.[1]) || null;
  if (answer.ok) {
    if (panelId) events.onShown();
    else if (path === "") setTimeout(() => events.onShown(), TEXTS_ONLY_MS);
    return;
  }
  if (!panelId) return;
  const found = ((await answer.clone().json().catch(() => null)) ?? {}) as Failure;
  // A panel that shows why it has no data is there, as one is that has none; a refusal is about the link, or no panel.
  if (!REFUSALS.includes(answer.status) || found.messageId === "publicdashboards.panelNotFound") events.onShown();
  events.onFailure(panelId, firstError(found));
}

function firstError({ results, message }: Failure): string {
  const words = Object.values(results ?? {}).map((result) => result?.error);
  return words.find(Boolean) ?? message ?? "The panel could not be loaded";
}
