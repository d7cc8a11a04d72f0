import { s } from "../dom";
import { NARROW_PIXELS, sized } from "./sized";

const FOOT = 22;
const PAD = 8;

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

export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly marks: readonly (readonly [value: number, told: string])[];
}

/** Where the parts of a row are, in pixels. */
interface Layout {
  readonly left: number;
  readonly right: number;
  readonly nameX: number;
  readonly nameAnchor: string;
  readonly toldX: number;
  readonly toldAnchor: string;
  readonly row: number;
  /** From a row's top to its dot, and to its words. */
  readonly dotY: number;
  readonly textY: number;
}

/** Figures as dots upon their intervals, row by row, on one scale. */
export function intervals(rows: readonly Row[], scale: Scale, label: string): HTMLElement {
  return sized((width) => drawn(rows, scale, width, label));
}

/** Words beside the dots where there is room, else above them. */
function layout(width: number): Layout {
  if (width < NARROW_PIXELS) {
    const words = { nameX: 0, nameAnchor: "start", toldX: width, toldAnchor: "end" };
    return { left: 16, right: width - 16, ...words, row: 36, dotY: 26, textY: 13 };
  }
  const words = { nameX: 126, nameAnchor: "end", toldX: width - 196, toldAnchor: "start" };
  return { left: 144, right: width - 212, ...words, row: 22, dotY: 11, textY: 15 };
}

function drawn(rows: readonly Row[], { from, to, marks }: Scale, width: number, label: string): SVGElement {
  const own = layout(width);
  const x = (value: number) => own.left + ((own.right - own.left) * (Math.min(to, Math.max(from, value)) - from)) / (to - from || 1);
  const parts: SVGElement[] = [];
  let y = PAD;
  for (const { name, dots } of rows) {
    parts.push(s("text", { x: own.nameX, y: y + own.textY, "text-anchor": own.nameAnchor, class: "name" }, name));
    for (const dot of dots) {
      const middle = y + own.dotY;
      if (dot.low !== undefined && dot.high !== undefined) {
        parts.push(s("line", { x1: x(dot.low), x2: x(dot.high), y1: middle, y2: middle, class: `whisker is-line-${dot.line}` }));
      }
      parts.push(s("circle", { cx: x(dot.value), cy: middle, r: 5, class: `dot is-line-${dot.line}` }));
      parts.push(s("text", { x: own.toldX, y: y + own.textY, "text-anchor": own.toldAnchor }, dot.told));
      y += own.row;
    }
    y += dots.length > 1 ? PAD : 0;
  }
  const height = y + FOOT;
  const lines = marks.flatMap(([value, told]) => [
    s("line", { x1: x(value), x2: x(value), y1: 0, y2: y, class: value === 0 && from < 0 ? "zero" : "grid" }),
    s("text", { x: x(value), y: height - 6, "text-anchor": "middle" }, told),
  ]);
  const box = { viewBox: `0 0 ${width} ${height}`, width, height };
  return s("svg", { ...box, role: "img", "aria-label": label, class: "chart intervals" }, ...lines, ...parts);
}
