/** A chart in the page: drawn into an element, again with each refresh, and taken away. */
import { Mount } from "../mount";
import type { ChoosingChart, Draw, PanelData, Size } from "./chart";

export interface PanelView {
  draw(data: PanelData, size: Size): void;
  destroy(): void;
}

export type MountPanel = (host: HTMLElement) => PanelView;

/** The view of a chart of which nothing can be chosen. */
export const still = (draw: Draw): MountPanel => (host) => {
  const mount = new Mount(host);
  return { draw: (data, size) => mount.show(draw(data, size)), destroy: () => mount.remove() };
};

/** The view of a chart that keeps what its reader chooses, and draws it at once. */
export const choosing = <Choice>(chart: ChoosingChart<Choice>): MountPanel => (host) => {
  let last: { data: PanelData; size: Size; choice: Choice } | null = null;
  const show = (data: PanelData, size: Size, choice: Choice): void => {
    last = { data, size, choice };
    mount.show(chart.draw(data, size, choice));
  };
  const mount = new Mount(host, (action) => {
    if (last) show(last.data, last.size, chart.after(last.choice, action, last.data));
  });
  return {
    draw: (data, size) => show(data, size, last ? last.choice : chart.atFirst(data)),
    destroy: () => mount.remove(),
  };
};
