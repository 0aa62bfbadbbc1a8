/** The notice over Grafana's page while the link shows nothing; Grafana's own elements are hidden behind it. */
import { openPageWords } from "../../lib/words";

/** Colours of the notice, cut from tokens.css when this is built. */
declare const __NOTICE__: Record<"light" | "dark", Record<"page" | "text" | "text-secondary", string>>;

const FONT = 'system-ui, "Segoe UI", Roboto, sans-serif';
const LAYOUT: Partial<CSSStyleDeclaration> = {
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
};

export class Cover {
  private notice: HTMLElement | null = null;

  show(state: string): void {
    const { title, text } = openPageWords(state);
    const colours = __NOTICE__[isLight() ? "light" : "dark"];
    const heading = part("strong", title, { color: colours.text, fontSize: "16px", fontWeight: "600" });
    const notice = part("div", "", { ...LAYOUT, background: colours.page, color: colours["text-secondary"], font: `14px/1.5 ${FONT}` });
    notice.append(heading, part("span", text, {}));
    notice.setAttribute("role", "status");
    notice.className = "dashwright-notice";
    notice.dataset["notice"] = state;
    this.notice?.remove();
    this.notice = notice;
    document.body.append(notice);
    for (const child of document.body.children) {
      if (child instanceof HTMLElement && child !== notice && child.tagName !== "SCRIPT") child.style.visibility = "hidden";
    }
  }
}

function part(tag: string, text: string, style: Partial<CSSStyleDeclaration>): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  Object.assign(made.style, style);
  return made;
}

/** Whether Grafana shows its light theme; before it has one, whether the reader's own is light. */
function isLight(): boolean {
  const body = document.body.classList;
  if (body.contains("theme-light") || body.contains("theme-dark")) return body.contains("theme-light");
  return !matchMedia("(prefers-color-scheme: dark)").matches;
}
