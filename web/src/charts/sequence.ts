import { s } from "../dom";
import { count, signed } from "../ui/format";

const WIDTH = 720;
const HEIGHT = 260;
const LEFT = 56;
const RIGHT = 12;
const TOP = 12;
const FOOT = 40;

/** A look at a comparison: how many answers were judged until then, the difference, and what it may be. */
export interface Look {
  readonly judged: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The confidence sequence of a difference, over the judged answers, with a line at no difference. */
export function sequence(looks: readonly Look[], label: string, unit: string): SVGElement {
  const last = Math.max(1, looks.at(-1)?.judged ?? 1);
  // The first looks say next to nothing, and would press the later ones flat.
  const shown = looks.slice(Math.min(looks.length - 1, Math.floor(looks.length / 10)));
  const low = Math.min(0, ...shown.map((own) => own.low));
  const high = Math.max(0, ...shown.map((own) => own.high));
  const x = (judged: number) => LEFT + ((WIDTH - LEFT - RIGHT) * judged) / last;
  const y = (value: number) => TOP + ((HEIGHT - TOP - FOOT) * (high - value)) / Math.max(high - low, 1e-9);
  const points = (own: readonly (readonly [number, number])[]) => own.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(" ");
  const upper = shown.map((own) => [x(own.judged), y(own.high)] as const);
  const lower = shown.map((own) => [x(own.judged), y(own.low)] as const).reverse();
  const middle = shown.map((own) => [x(own.judged), y(own.value)] as const);
  const marks = spaced([low, 0, high], y).map((value) =>
    s("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, signed(value, 1)),
  );
  const feet = [0, last / 2, last].map((judged) => {
    const anchor = judged === 0 ? "start" : judged === last ? "end" : "middle";
    return s("text", { x: x(judged), y: HEIGHT - FOOT + 16, "text-anchor": anchor }, count(Math.round(judged)));
  });
  return s(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label, class: "chart sequence" },
    s("polygon", { class: "band", points: points([...upper, ...lower]) }),
    s("polyline", { class: "value", points: points(middle) }),
    s("line", { class: "zero", x1: LEFT, x2: WIDTH - RIGHT, y1: y(0), y2: y(0) }),
    ...marks,
    ...feet,
    s("text", { x: (LEFT + WIDTH) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, `judged answers; differences in ${unit}`),
  );
}

/** Marks that do not touch each other; none of them lies less than a line from the first ones kept. */
function spaced(values: readonly number[], y: (value: number) => number): number[] {
  const kept: number[] = [0];
  for (const value of values) if (kept.every((own) => Math.abs(y(own) - y(value)) > 14)) kept.push(value);
  return kept;
}
