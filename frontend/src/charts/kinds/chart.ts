/** What every kind of panel is: a pure function from data and size to a tree, with what its reader has chosen where that matters. */
import type { TimeRange } from "../../lib/time/relative";
import type { Browser } from "../browser";
import type { Theme } from "../display/colors";
import type { Frame } from "../display/field";
import type { FormatContext } from "../display/number";
import type { Panel } from "../frames/document";
import type { Action } from "../mount";
import type { Tree } from "../tree";

export interface PanelData {
  panel: Panel;
  /** Transformed and with the field configuration laid over. */
  frames: readonly Frame[];
  range: TimeRange;
  /** Step of the answers in ms, where there is one; longer gaps are gaps. */
  stepMs: number | null;
  theme: Theme;
  timeZone: string;
  now: number;
  browser: Browser;
}

/** CSS pixels. */
export interface Size {
  width: number;
  height: number;
}

export type Draw = (data: PanelData, size: Size) => Tree;

/** A chart of which the reader chooses something: an order, what is left out. */
export interface ChoosingChart<Choice> {
  /** What holds before the reader has chosen. */
  atFirst(data: PanelData): Choice;
  draw(data: PanelData, size: Size, choice: Choice): Tree;
  /** What holds after an action of the reader. */
  after(choice: Choice, action: Action, data: PanelData): Choice;
}

/** A panel's option by name, or what it is when the document does not say. */
export function option<T>(panel: Panel, name: string, otherwise: T): T {
  const value = panel.options?.[name];
  return value === undefined || value === null ? otherwise : (value as T);
}

export const formatContext = ({ timeZone, now, browser: { locale } }: PanelData): FormatContext => ({ timeZone, now, locale });
