import { s } from "../dom";
import { count, percent } from "../ui/format";
import { sized } from "./sized";

const HEIGHT = 170;
const FOOT = 20;

/** How often confidences were in each of the bins between 0 and 1. */
export function histogram(bins: readonly number[], label: string): HTMLElement {
  return sized((width) => drawn(bins, width, label));
}

function drawn(bins: readonly number[], width: number, label: string): SVGElement {
  const most = Math.max(1, ...bins);
  const wide = width / bins.length;
  const floor = HEIGHT - FOOT;
  const bars = bins.map((answers, place) => {
    const high = (answers / most) * (floor - 4);
    const range = `${percent(place / bins.length)} to ${percent((place + 1) / bins.length)}`;
    const bar = { x: place * wide + 1, y: floor - high, width: wide - 2, height: high, rx: 2, class: "histogram-bar" };
    return s("rect", bar, s("title", {}, `${range}: ${count(answers)}`));
  });
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    return s("text", { x: share * width, y: HEIGHT - 4, "text-anchor": anchor }, percent(share));
  });
  return s(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": label, class: "chart" },
    s("line", { x1: 0, x2: width, y1: floor, y2: floor, class: "axis" }),
    ...bars,
    ...marks,
  );
}
