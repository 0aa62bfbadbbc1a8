/** A canvas that writes down what is drawn, a line for each stroke, fill and text: jsdom has none of its own. */

const round = (value: number): string => String(Math.round(value * 10) / 10);

/** What uPlot builds its lines of. */
class RecordedPath {
  readonly steps: string[] = [];
  moveTo(x: number, y: number): void {
    this.steps.push(`M${round(x)} ${round(y)}`);
  }
  lineTo(x: number, y: number): void {
    this.steps.push(`L${round(x)} ${round(y)}`);
  }
  bezierCurveTo(...places: number[]): void {
    this.steps.push(`C${places.map(round).join(" ")}`);
  }
  arc(x: number, y: number, radius: number): void {
    this.steps.push(`O${round(x)} ${round(y)} ${round(radius)}`);
  }
  rect(...sides: number[]): void {
    this.steps.push(`R${sides.map(round).join(" ")}`);
  }
  closePath(): void {
    this.steps.push("Z");
  }
  addPath(other: RecordedPath): void {
    this.steps.push(...other.steps);
  }
}

class RecordedGradient {
  private readonly stops: string[] = [];
  constructor(private readonly line: readonly number[]) {}
  addColorStop(at: number, color: string): void {
    this.stops.push(`${round(at * 100)}% ${color}`);
  }
  toString(): string {
    return `gradient(${this.line.map(round).join(" ")}: ${this.stops.join(", ")})`;
  }
}

export class RecordedContext extends RecordedPath {
  fillStyle: unknown = "";
  strokeStyle: unknown = "";
  lineWidth = 1;
  lineCap = "butt";
  font = "";
  readonly lines: string[] = [];
  private dash: readonly number[] = [];

  constructor(readonly canvas: HTMLCanvasElement) {
    super();
  }

  private pathOf(path: unknown): string {
    return (path instanceof RecordedPath ? path : this).steps.join("");
  }
  beginPath(): void {
    this.steps.length = 0;
  }
  setLineDash(dash: readonly number[]): void {
    this.dash = dash;
  }
  stroke(path?: unknown): void {
    const drawn = this.pathOf(path);
    const dash = this.dash.length > 0 ? ` dash ${this.dash.map(round).join(" ")}` : "";
    if (drawn && this.lineWidth > 0) this.lines.push(`stroke ${String(this.strokeStyle)} ${round(this.lineWidth)}${dash} ${drawn}`);
  }
  fill(path?: unknown): void {
    const drawn = this.pathOf(path);
    if (drawn) this.lines.push(`fill ${String(this.fillStyle)} ${drawn}`);
  }
  fillRect(...sides: number[]): void {
    this.lines.push(`rect ${String(this.fillStyle)} ${sides.map(round).join(" ")}`);
  }
  fillText(text: string, x: number, y: number): void {
    this.lines.push(`text ${String(this.fillStyle)} ${round(x)} ${round(y)} ${text}`);
  }
  measureText(text: string): { width: number } {
    return { width: text.length * 7 };
  }
  createLinearGradient(...line: number[]): RecordedGradient {
    return new RecordedGradient(line);
  }
  clearRect(): void {
    this.lines.length = 0;
  }
  save(): void {}
  restore(): void {
    this.dash = [];
  }
  clip(): void {}
  translate(): void {}
  rotate(): void {}
}

const contexts = new WeakMap<HTMLCanvasElement, RecordedContext>();

export function recorded(canvas: HTMLCanvasElement): RecordedContext {
  let found = contexts.get(canvas);
  if (!found) contexts.set(canvas, (found = new RecordedContext(canvas)));
  return found;
}

/** What a box's chart shows now. */
export const drawnIn = (box: ParentNode): string[] => {
  const canvas = box.querySelector("canvas");
  return canvas ? recorded(canvas).lines : [];
};

export function installCanvas(): void {
  Object.assign(globalThis, { Path2D: RecordedPath, devicePixelRatio: 1 });
  HTMLCanvasElement.prototype.getContext = function getContext(this: HTMLCanvasElement) {
    return recorded(this);
  } as unknown as HTMLCanvasElement["getContext"];
}
