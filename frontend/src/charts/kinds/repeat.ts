/** Places several equal boxes in a panel: a row, a column, or the grid whose boxes come closest to Grafana's. */

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export type Direction = "horizontal" | "vertical";

/** Boxes beside each other ("vertical" bars stand in a row) or below each other; never smaller than `least`. */
export function lineUp(count: number, width: number, height: number, gap: number, direction: Direction, least = { width: 0, height: 0 }): Box[] {
  return Array.from({ length: count }, (_, at) => {
    if (direction === "vertical") {
      const each = Math.max((width + gap) / count - gap, least.width);
      return { left: at * (each + gap), top: 0, width: each, height };
    }
    const each = Math.max((height + gap) / count - gap, least.height);
    return { left: 0, top: at * (each + gap), width, height: each };
  });
}

/** A grid that uses the area best for boxes about as wide as high; the last row is stretched. */
export function tile(count: number, width: number, height: number, gap: number): Box[] {
  let columns = 1;
  let best = 0;
  for (let tried = 1; tried <= count; tried += 1) {
    const rows = Math.ceil(count / tried);
    const wide = (width - gap * (tried - 1)) / tried;
    const high = (height - gap * (rows - 1)) / rows;
    const size = Math.min(wide, high * 2.5);
    if (size > best) [best, columns] = [size, tried];
  }
  const rows = Math.ceil(count / columns);
  const inLast = count - columns * (rows - 1);
  const high = (height - gap * (rows - 1)) / rows;
  return Array.from({ length: count }, (_, at) => {
    const row = Math.floor(at / columns);
    const across = row === rows - 1 ? inLast : columns;
    const wide = (width - gap * (across - 1)) / across;
    return { left: (at % columns) * (wide + gap), top: row * (high + gap), width: wide, height: high };
  });
}

/** The style that puts an element where its box says. */
export function placed({ left, top, width, height }: Box): { left: string; top: string; width: string; height: string } {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}
