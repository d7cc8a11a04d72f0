import { s } from "../dom";

const WIDTH = 720;
const NAME = 150;
const TOLD = 190;
const ROW = 26;
const PAD = 10;
const FOOT = 22;

/** A figure of somebody, with what it may be. */
export interface Dot {
  readonly value: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** Which of the colours of lines. */
  readonly line: number;
  readonly told: string;
}

export interface Row {
  readonly name: string;
  readonly dots: readonly Dot[];
}

/** Figures as dots upon their intervals, row by row, on one scale from `from` to `to`. */
export function intervals(rows: readonly Row[], scale: { from: number; to: number; marks: readonly [number, string][] }, label: string): SVGElement {
  const { from, to } = scale;
  const x = (value: number) => NAME + ((WIDTH - NAME - TOLD) * (Math.min(to, Math.max(from, value)) - from)) / (to - from || 1);
  let y = PAD;
  const drawn: SVGElement[] = [];
  for (const row of rows) {
    drawn.push(s("text", { x: NAME - 12, y: y + ROW / 2 + 4, "text-anchor": "end", class: "name" }, row.name));
    for (const dot of row.dots) {
      const middle = y + ROW / 2;
      if (dot.low !== undefined && dot.high !== undefined) {
        drawn.push(s("line", { x1: x(dot.low), x2: x(dot.high), y1: middle, y2: middle, class: `whisker is-line-${dot.line}` }));
      }
      drawn.push(s("circle", { cx: x(dot.value), cy: middle, r: 5, class: `dot is-line-${dot.line}` }));
      drawn.push(s("text", { x: WIDTH - TOLD + 12, y: middle + 4 }, dot.told));
      y += ROW;
    }
    y += row.dots.length > 1 ? 8 : 0;
  }
  const height = y + FOOT;
  const marks = scale.marks.flatMap(([value, told]) => [
    s("line", { x1: x(value), x2: x(value), y1: 0, y2: y, class: value === 0 ? "zero" : "grid" }),
    s("text", { x: x(value), y: height - 6, "text-anchor": "middle" }, told),
  ]);
  return s("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label, class: "chart intervals" }, ...marks, ...drawn);
}
