// For host pages: puts a dashboard link into a frame, keeps its height right, switches its theme and hands on its events.
//   Dashwright.embed(element, { url, theme, onEvent })   or   <dashwright-embed url="…" theme="dark"></dashwright-embed>
export interface EmbedOptions {
  url: string;
  theme?: string | null | undefined;
  onEvent?: (event: DashboardEvent) => void;
  title?: string | undefined;
  minHeight?: number | undefined;
  maxHeight?: number | undefined;
  height?: number | undefined;
}

export interface DashboardEvent {
  type: string;
  height?: number;
  [name: string]: unknown;
}

export interface Embedded {
  iframe: HTMLIFrameElement;
  setTheme(theme: string | null | undefined): void;
  destroy(): void;
}

declare global {
  interface Window {
    Dashwright?: { embed: (element: HTMLElement, options: EmbedOptions) => Embedded };
  }
}

const THEMES = ["light", "dark", "auto"];
const MOST_PX = 20000;

function addressOf(url: string, theme: string | null): URL {
  const address = new URL(url, document.baseURI);
  if (!/^https?:$/.test(address.protocol)) throw new TypeError(`Dashwright: "${url}" is no web address of a link`);
  if (theme) address.searchParams.set("theme", theme);
  return address;
}

function checkedTheme(theme: string | null | undefined): string | null {
  if (theme === undefined || theme === null || theme === "") return null;
  if (!THEMES.includes(theme)) throw new TypeError(`Dashwright: theme "${theme}" must be light, dark or auto`);
  return theme;
}

/**
 * Put a link into an element. Options: `url` (the link's url or embed_url), `theme` (light, dark, auto), `onEvent`
 * (called with {type, …}: loaded, error, paused, expired, live, height, …), `title` for screen readers, `minHeight` and
 * `maxHeight` in pixels, or `height` to fix it. Gives {iframe, setTheme(theme), destroy()}.
 */
function embed(element: HTMLElement, options: EmbedOptions): Embedded {
  const { url, theme, onEvent, title = "Dashboard", minHeight = 200, maxHeight = MOST_PX, height } = options;
  let wanted = checkedTheme(theme);
  const address = addressOf(url, wanted);
  const iframe = document.createElement("iframe");
  iframe.title = title;
  iframe.allow = "fullscreen";
  iframe.referrerPolicy = "strict-origin-when-cross-origin"; // the link may name the sites that may embed it
  Object.assign(iframe.style, { display: "block", width: "100%", border: "0", height: `${height ?? minHeight}px` });
  iframe.src = address.href;

  let heard = false;
  const sendTheme = (): void => {
    if (wanted && heard) iframe.contentWindow?.postMessage({ type: "dashwright:theme", theme: wanted }, address.origin);
  };
  const onMessage = ({ source, origin, data }: MessageEvent<(DashboardEvent & { source?: unknown }) | null>): void => {
    if (source !== iframe.contentWindow || origin !== address.origin) return;
    if (data?.source !== "dashwright" || typeof data.type !== "string") return;
    const event: DashboardEvent = { ...data };
    delete event["source"];
    if (height === undefined && typeof event.height === "number" && Number.isFinite(event.height)) {
      iframe.style.height = `${Math.min(Math.max(event.height, minHeight), maxHeight)}px`;
    }
    // A frame that began, or loaded itself again, is told which theme is wanted by now.
    if (!heard || event.type === "loaded") {
      heard = true;
      sendTheme();
    }
    onEvent?.(event);
  };
  window.addEventListener("message", onMessage);
  element.append(iframe);
  return {
    iframe,
    setTheme(next: string | null | undefined): void {
      wanted = checkedTheme(next);
      sendTheme();
    },
    destroy(): void {
      window.removeEventListener("message", onMessage);
      iframe.remove();
    },
  };
}

class DashwrightEmbed extends HTMLElement {
  static observedAttributes = ["url", "theme"];
  #frame: Embedded | null = null;

  connectedCallback(): void {
    this.style.display ||= "block";
    this.#open();
  }

  disconnectedCallback(): void {
    this.#close();
  }

  attributeChangedCallback(name: string): void {
    if (!this.isConnected) return;
    if (name === "theme" && this.#frame) this.#frame.setTheme(this.getAttribute("theme"));
    else if (name === "url") this.#open();
  }

  #open(): void {
    this.#close();
    const url = this.getAttribute("url");
    if (!url) return;
    const number = (name: string): number | undefined => (this.hasAttribute(name) ? Number(this.getAttribute(name)) : undefined);
    this.#frame = embed(this, {
      url,
      theme: this.getAttribute("theme"),
      title: this.getAttribute("title") ?? undefined,
      minHeight: number("min-height"),
      maxHeight: number("max-height"),
      height: number("height"),
      onEvent: (detail) => this.dispatchEvent(new CustomEvent("dashwright", { detail })),
    });
  }

  #close(): void {
    this.#frame?.destroy();
    this.#frame = null;
  }
}

// A page may load this twice; the first one stays.
if (!window.Dashwright) {
  Object.defineProperty(window, "Dashwright", { value: Object.freeze({ embed }) });
  if (!customElements.get("dashwright-embed")) customElements.define("dashwright-embed", DashwrightEmbed);
}
