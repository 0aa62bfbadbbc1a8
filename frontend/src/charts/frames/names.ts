/** What a series is called: configured, from the datasource, or from its labels as far as they tell series apart. */
import type { Field, Frame, Labels } from "../display/field";

/** `{a="b", c="d"}`; nothing without labels. */
export function labelText(labels: Labels | undefined, braces = true): string {
  const names = Object.keys(labels ?? {}).sort();
  if (names.length === 0) return "";
  const text = names.map((name) => `${name}="${labels![name]}"`).join(", ");
  return braces ? `{${text}}` : text;
}

/** The one label name all frames have, when there is just one. */
function onlyLabel(frames: readonly Frame[]): string | null {
  let only: string | null = null;
  for (const frame of frames) {
    for (const field of frame.fields) {
      for (const name of Object.keys(field.labels ?? {})) {
        if (only === null) only = name;
        else if (only !== name) return null;
      }
    }
  }
  return only;
}

function namesDiffer(frames: readonly Frame[]): boolean {
  return frames.some((frame, at) => at > 0 && frame.name !== frames[at - 1]!.name);
}

/** Fields of one name in a frame are numbered: `Value 1`, `Value 2`. */
function numbered(field: Field, frame: Frame | undefined): string {
  const same = frame?.fields.filter((each) => each.name === field.name) ?? [];
  const at = same.indexOf(field);
  return same.length > 1 && at >= 0 ? `${field.name} ${at + 1}` : field.name;
}

/** The name shown in legends, tooltips and table heads. */
export function displayNameOf(field: Field, frame?: Frame, frames?: readonly Frame[]): string {
  const { displayName, displayNameFromDS } = field.config;
  if (displayName) return displayName;
  if (frame && displayNameFromDS) return displayNameFromDS;
  if (field.type === "time" && !field.labels) return field.name || "Time";
  const parts: string[] = [];
  let frameNamed = false;
  let labelled = false;
  if (frames && frames.length > 1 && frame?.name && namesDiffer(frames)) {
    parts.push(frame.name);
    frameNamed = true;
  }
  if (field.name && field.name !== "Value") parts.push(field.name);
  if (field.labels && frame) {
    const only = onlyLabel(frames ?? [frame]);
    const text = only ? field.labels[only] : labelText(field.labels);
    if (text) {
      parts.push(text);
      labelled = true;
    }
  }
  if (frame?.name && !frameNamed && !labelled && field.name === "Value") parts.push(frame.name);
  const name = parts.join(" ") || field.name || "Value";
  return name === field.name ? numbered(field, frame) : name;
}

/** A frame's own name, else that of its only series, else a list of them. */
export function frameName(frame: Frame, frames?: readonly Frame[]): string {
  if (frame.name) return frame.name;
  return frame.fields.filter((field) => field.type !== "time").map((field) => displayNameOf(field, frame, frames)).join(", ");
}

/** Put a series' words into a text: `${__field.labels.x}`, `${__field.name}`, `${__series.name}`, `$__cell_0`. */
export function fillName(text: string, field: Field, frame: Frame, frames: readonly Frame[], row?: number): string {
  if (!text.includes("$")) return text;
  const own: Field = { ...field, config: { ...field.config, displayName: undefined } };
  const at = frame.fields.indexOf(field);
  const self: Frame = at < 0 ? frame : { ...frame, fields: frame.fields.map((each) => (each === field ? own : each)) };
  const cell = (column: string): string => {
    const found = /^\d+$/.test(column) ? frame.fields[Number(column)] : frame.fields.find((each) => each.name === column);
    const value = found?.values[row ?? found.values.length - 1];
    return value === null || value === undefined ? "" : String(value);
  };
  return text.replace(
    /\$\{(__(?:field|series|frame|data|cell)[^}]*)\}|\$(__(?:field\.labels\.\w+|field\.\w+|series\.name|cell_\d+))/g,
    (all, braced: string | undefined, bare: string | undefined) => {
      const path = (braced ?? bare ?? "").replace(/:\w+$/, "");
      const label = /^__field\.labels(?:\.(.+)|\[["']?(.+?)["']?\])$/.exec(path);
      if (label) return field.labels?.[label[1] ?? label[2] ?? ""] ?? "";
      if (path === "__field.labels") return labelText(field.labels, false);
      if (path === "__field.name" || path === "__field.displayName") return displayNameOf(own, self, frames);
      if (path === "__series.name" || path === "__frame.name") return frameName(self, frames);
      const data = /^__data\.fields(?:\.(.+)|\[["']?(.+?)["']?\])$/.exec(path);
      if (data) return cell(data[1] ?? data[2] ?? "");
      const old = /^__cell_(\d+)$/.exec(path);
      return old ? cell(old[1]!) : all;
    },
  );
}
