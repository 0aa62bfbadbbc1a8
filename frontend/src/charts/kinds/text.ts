/** The text panel: Markdown, HTML without anything that acts, or plain code. */
import { markdown } from "./markdown";
import { safeHtml } from "./safe-html";
import { type MountPanel, element, option } from "./view";

export const mountText: MountPanel = (host) => {
  const root = element("div", { class: "dw-text", tabindex: "0" });
  host.append(root);
  return {
    draw({ panel }) {
      const content = String(option(panel, "content", ""));
      const mode = option<string>(panel, "mode", "markdown");
      if (mode === "code") root.replaceChildren(element("pre", {}, element("code", {}, content)));
      else root.replaceChildren(mode === "html" ? safeHtml(content) : markdown(content));
    },
    destroy: () => root.remove(),
  };
};
