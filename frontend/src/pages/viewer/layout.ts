/** Where panels lie: the 24-column grid of the document, rows that fold, gaps closed upwards as Grafana closes them. */
import type { Panel } from "../../charts/frames/document";

export const COLUMNS = 24;
/** Height of one grid unit and the gap between two, CSS pixels. */
export const UNIT_PX = 30;
export const GAP_PX = 8;

export interface Placed {
  key: string;
  panel: Panel;
  isRow: boolean;
  open: boolean;
  x: number;
  y: number;
  w: number;
  h: number;
}

interface Section {
  row: Panel | null;
  key: string;
  members: Panel[];
}

const whole = (value: unknown, otherwise: number): number => (typeof value === "number" && Number.isFinite(value) ? Math.round(value) : otherwise);

function byPlace(a: Panel, b: Panel): number {
  return whole(a.gridPos?.y, 0) - whole(b.gridPos?.y, 0) || whole(a.gridPos?.x, 0) - whole(b.gridPos?.x, 0);
}

/** A document's panels grouped below their rows; panels before the first row belong to none. */
function sections(panels: readonly Panel[]): Section[] {
  const found: Section[] = [{ row: null, key: "", members: [] }];
  for (const panel of [...panels].sort(byPlace)) {
    if (panel.type === "row") found.push({ row: panel, key: `row-${panel.id ?? found.length}`, members: [...(panel.panels ?? [])] });
    else found[found.length - 1]!.members.push(panel);
  }
  return found;
}

/** Rows that are closed when the page opens. */
export function closedAtFirst(panels: readonly Panel[]): Set<string> {
  return new Set(sections(panels).filter(({ row }) => row?.collapsed).map(({ key }) => key));
}

/** All visible items with their places in grid units. */
export function layout(panels: readonly Panel[], closed: ReadonlySet<string>): Placed[] {
  const placed: Placed[] = [];
  let top = 0;
  let count = 0;
  for (const { row, key, members } of sections(panels)) {
    const open = !closed.has(key);
    if (row) {
      placed.push({ key, panel: row, isRow: true, open, x: 0, y: top, w: COLUMNS, h: 1 });
      top += 1;
      if (!open) continue;
    }
    const heights = new Array<number>(COLUMNS).fill(top);
    for (const panel of [...members].sort(byPlace)) {
      const w = Math.min(COLUMNS, Math.max(1, whole(panel.gridPos?.w, 12)));
      const x = Math.min(COLUMNS - w, Math.max(0, whole(panel.gridPos?.x, 0)));
      const h = Math.max(1, whole(panel.gridPos?.h, 8));
      const y = Math.max(...heights.slice(x, x + w));
      heights.fill(y + h, x, x + w);
      count += 1;
      placed.push({ key: `panel-${panel.id ?? `n${count}`}`, panel, isRow: false, open: true, x, y, w, h });
    }
    top = Math.max(...heights);
  }
  return placed;
}

/** Pixels from the top of the grid and width of an item, before anything is on the page. */
export function estimate(items: readonly Placed[], width: number, oneColumn: boolean): { top: number; width: number }[] {
  if (!oneColumn) {
    const column = (width - GAP_PX * (COLUMNS - 1)) / COLUMNS;
    return items.map(({ y, w }) => ({ top: y * (UNIT_PX + GAP_PX), width: Math.round(column * w + GAP_PX * (w - 1)) }));
  }
  let top = 0;
  return items.map(({ h }) => {
    const place = { top, width };
    top += h * (UNIT_PX + GAP_PX);
    return place;
  });
}
