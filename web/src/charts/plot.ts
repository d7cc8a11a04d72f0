import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { h } from "../dom";
import { onTheme, themed } from "../ui/emotions";

const HEIGHT = 200;

/** What a plot over time shows. */
export interface Plot {
  /** In words, for those who do not see it. */
  readonly label: string;
  /** Seconds since 1970, in order. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  /** How a value is written. */
  readonly told: (value: number) => string;
  /** Ends of the time that was asked for. */
  readonly from: number;
  readonly to: number;
  /** Seconds in a bucket. */
  readonly step: number;
  /** Top of the scale; by the values when not given. */
  readonly most?: number;
}

/** A line, or with `stacked` plots a part of each bar. */
export interface Line {
  readonly name: string;
  /** The colour now; asked again when the theme changes. */
  readonly colour: () => string;
  readonly values: readonly (number | null)[];
  readonly dash?: readonly number[];
}

/** Lines over time. */
export function lines(plot: Plot, signal: AbortSignal): HTMLElement {
  const series = (own: Line): uPlot.Series => ({
    label: own.name,
    stroke: own.colour,
    width: 2,
    ...(own.dash && { dash: [...own.dash] }),
    spanGaps: true,
    points: { show: true, size: 6, fill: own.colour },
  });
  return drawn(plot, plot.lines.map(series), plot.lines.map((own) => [...own.values]), signal);
}

/** Bars over time whose parts stand upon each other, the first one at the foot. */
export function stack(sparse: Plot, signal: AbortSignal): HTMLElement {
  const plot = everyBucket(sparse);
  const sums: number[][] = [];
  for (const line of plot.lines) {
    const below = sums.at(-1);
    sums.push(line.values.map((value, at) => (value ?? 0) + (below?.[at] ?? 0)));
  }
  const bars = uPlot.paths.bars?.({ size: [0.9, 60], align: 1 }) as uPlot.Series.PathBuilder;
  // A higher bar is drawn first, and the lower ones over it.
  const order = plot.lines.map((_, place) => place).reverse();
  const series = order.map((place): uPlot.Series => {
    const own = plot.lines[place];
    return { label: own?.name ?? "", fill: own?.colour ?? "", width: 0, paths: bars, points: { show: false } };
  });
  return drawn(plot, series, order.map((place) => sums[place] ?? []), signal);
}

/** With the buckets in between that hold nothing: a bar is as wide as its bucket, however few there are. */
function everyBucket(plot: Plot): Plot {
  const places = new Map(plot.times.map((time, place) => [time, place]));
  const times = Array.from({ length: Math.round((plot.to - plot.from) / plot.step) }, (_, place) => plot.from + place * plot.step);
  const values = (line: Line) => times.map((time) => line.values[places.get(time) ?? -1] ?? null);
  return { ...plot, times, lines: plot.lines.map((line) => ({ ...line, values: values(line) })) };
}

function drawn(plot: Plot, series: uPlot.Series[], values: (number | null)[][], signal: AbortSignal): HTMLElement {
  const told = h("p", { class: "plot-told", "aria-hidden": "true" });
  const place = h("div", { class: "plot", role: "img", "aria-label": plot.label });
  const axis: uPlot.Axis = {
    stroke: () => themed("--ink-soft"),
    grid: { stroke: () => themed("--line"), width: 1 },
    ticks: { stroke: () => themed("--line"), width: 1 },
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
  };
  const tell = (own: uPlot) => {
    const at = own.cursor.idx;
    told.textContent = at === null || at === undefined ? "" : describe(plot, at);
  };
  const options: uPlot.Options = {
    width: 300,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false } },
    scales: {
      x: { range: () => [plot.from, plot.to] },
      y: { range: (_, __, most) => [0, plot.most ?? (most > 0 ? most * 1.1 : 1)] },
    },
    axes: [
      { ...axis, size: 30, space: 80, values: (_, splits, __, ___, gap) => splits.map((at) => timeLabel(at, gap)) },
      { ...axis, size: 64, values: (_, splits) => splits.map(plot.told) },
    ],
    series: [{}, ...series],
    hooks: { setCursor: [tell] },
  };
  const own = new uPlot(options, [[...plot.times], ...values] as uPlot.AlignedData, place);
  const observer = new ResizeObserver(() => {
    if (place.clientWidth > 0) own.setSize({ width: place.clientWidth, height: HEIGHT });
  });
  observer.observe(place);
  onTheme(() => own.redraw(), signal);
  signal.addEventListener("abort", () => {
    observer.disconnect();
    own.destroy();
  });
  return h("div", {}, place, told);
}

function describe(plot: Plot, at: number): string {
  const when = new Date((plot.times[at] ?? 0) * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  const parts = plot.lines.flatMap(({ name, values }) => {
    const value = values[at];
    return value === null || value === undefined || value === 0 ? [] : [`${name} ${plot.told(value)}`];
  });
  return `${when}: ${parts.join(", ") || "nothing"}`;
}

const DAY = 86_400;

function timeLabel(at: number, gap: number): string {
  const date = new Date(at * 1000);
  if (gap >= DAY) return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
  if (isMidnight) return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  return date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
