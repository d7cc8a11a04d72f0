import { signed } from "../../ui/format";
import type { Figure, Interval } from "./report";

/** How a metric is written. */
interface Manner {
  readonly factor: number;
  readonly digits: number;
  readonly unit: string;
  /** Of differences. */
  readonly points: string;
}

const SHARE: Manner = { factor: 100, digits: 1, unit: " %", points: " points" };
const MILLISECONDS: Manner = { factor: 1000, digits: 1, unit: " ms", points: " ms" };
const MILLISECONDS_OF_A_SECOND: Manner = { factor: 1000, digits: 1, unit: " ms/s", points: " ms/s" };
const BARE: Manner = { factor: 1, digits: 3, unit: "", points: "" };

export function mannerOf(metric: string): Manner {
  if (metric === "latency" || metric === "processor_time") return MILLISECONDS;
  if (metric === "processor_share") return MILLISECONDS_OF_A_SECOND;
  return metric === "brier" || metric === "kappa" ? BARE : SHARE;
}

/** `recall:happy` as `recall of happy`. */
export function metricName(metric: string): string {
  return metric.startsWith("recall:") ? `recall of ${metric.slice("recall:".length)}` : metric.replaceAll("_", " ");
}

/** `69.0 % (64.1 to 73.9)` */
export function told(metric: string, figure: Figure | undefined): string {
  if (figure?.value === null || figure === undefined) return "–";
  const { factor, digits, unit } = mannerOf(metric);
  const write = (value: number) => (value * factor).toFixed(digits);
  return `${write(figure.value)}${unit}${bounds(figure.interval, write)}`;
}

/** `+3.1 points (+1.2 to +5.0)` */
export function toldChange(metric: string, figure: Figure | undefined): string {
  if (figure?.value === null || figure === undefined) return "–";
  const { factor, digits, points } = mannerOf(metric);
  const write = (value: number) => signed(value * factor, digits);
  return `${write(figure.value)}${points}${bounds(figure.interval, write)}`;
}

function bounds(interval: Interval | null, write: (value: number) => string): string {
  return interval === null ? "" : ` (${write(interval[0])} to ${write(interval[1])})`;
}
