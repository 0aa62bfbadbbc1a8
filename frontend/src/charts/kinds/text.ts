/** The text panel: Markdown, HTML without anything that acts, or plain code. */
import { h } from "../tree";
import { type Draw, option } from "./chart";
import { markdown } from "./markdown";
import { safeHtml } from "./safe-html";

export const drawText: Draw = ({ panel, browser }) => {
  const content = String(option(panel, "content", ""));
  const mode = option<string>(panel, "mode", "markdown");
  const parts = mode === "code" ? [h("pre", {}, h("code", {}, content))] : mode === "html" ? safeHtml(content, browser.parseHtml) : markdown(content, browser.parseHtml);
  return h("div", { class: "dw-text", tabindex: 0 }, ...parts);
};
