import { s } from "../dom";
import { count, signed } from "../ui/format";
import { sized } from "./sized";

const HEIGHT = 260;
const LEFT = 50;
const RIGHT = 12;
const TOP = 12;
const FOOT = 40;
/** Of a line of text, so that marks do not touch. */
const LINE = 15;

/** A look at a comparison: how many answers were judged until then, the difference, and what it may be. */
export interface Look {
  readonly judged: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The confidence sequence of a difference, over the judged answers, with a line at no difference. */
export function sequence(looks: readonly Look[], label: string, unit: string): HTMLElement {
  return sized((width) => drawn(looks, width, label, unit));
}

function drawn(looks: readonly Look[], width: number, label: string, unit: string): SVGElement {
  const last = Math.max(1, looks.at(-1)?.judged ?? 1);
  const low = Math.min(0, ...looks.map((own) => own.low));
  const high = Math.max(0, ...looks.map((own) => own.high));
  const x = (judged: number) => LEFT + ((width - LEFT - RIGHT) * judged) / last;
  const y = (value: number) => TOP + ((HEIGHT - TOP - FOOT) * (high - value)) / Math.max(high - low, 1e-9);
  const points = (own: readonly Look[], value: (look: Look) => number) => own.map((look) => `${x(look.judged).toFixed(1)},${y(value(look)).toFixed(1)}`);
  const band = [...points(looks, (own) => own.high), ...points([...looks].reverse(), (own) => own.low)];
  const marks = [0, low, high].filter((value, place) => place === 0 || Math.abs(y(value) - y(0)) > LINE);
  const feet: [number, string][] = [[0, "start"], [last / 2, "middle"], [last, "end"]];
  return s(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": label, class: "chart sequence" },
    s("polygon", { class: "band", points: band.join(" ") }),
    s("polyline", { class: "value", points: points(looks, (own) => own.value).join(" ") }),
    s("line", { class: "zero", x1: LEFT, x2: width - RIGHT, y1: y(0), y2: y(0) }),
    ...marks.map((value) => s("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, value === 0 ? "0" : signed(value, 1))),
    ...feet.map(([judged, anchor]) => s("text", { x: x(judged), y: HEIGHT - FOOT + 16, "text-anchor": anchor }, count(Math.round(judged)))),
    s("text", { x: (LEFT + width) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, `judged answers; differences in ${unit}`),
  );
}
