import { lines, type Plot } from "../../charts/plot";
import { h } from "../../dom";
import type { Latency } from "../../server/analytics";
import { themed } from "../../ui/emotions";
import { count, time } from "../../ui/format";
import { table } from "../../ui/table";
import { key } from "./emotions";
import { MOST_GROUPS, nameOf, nothing, others } from "./group";
import type { Shown } from "./page";

const PARTS: Record<string, string> = { queue: "waiting", features: "decoding and features", inference: "the model" };

/** Where the server's time for answers went. */
export function latencyOf({ series }: Latency, shown: Shown): HTMLElement[] {
  if (series.length === 0) return [nothing()];
  const names = [...new Set(series.map(({ group }) => nameOf(group, shown.by)))];
  const figures = names.slice(0, MOST_GROUPS).map((name) => {
    const parts = series.filter(({ group }) => nameOf(group, shown.by) === name);
    const times = [...new Set(parts.flatMap(({ points }) => points.map(({ start }) => Date.parse(start) / 1000)))].sort((a, b) => a - b);
    const own = parts.map(({ part, points }, place) => {
      const values = new Map(points.map((point) => [Date.parse(point.start) / 1000, point.p95_seconds]));
      return { name: PARTS[part] ?? part, colour: () => themed(`--line-${place}`), values: times.map((at) => values.get(at) ?? null) };
    });
    const plot: Plot = { label: `95 of 100 answers took at most so long, ${name}`, times, lines: own, told: time, ...shown };
    return h("figure", {}, h("figcaption", {}, h("strong", {}, name), " 95 of 100 answers took at most"), key(own.map((line) => line.name)), lines(plot, shown.signal));
  });
  return [h("div", { class: "grid" }, ...figures), ...[others(names.length)].filter((own) => own !== null), quantiles({ series }, shown.by)];
}

/** The newest bucket in figures. */
function quantiles({ series }: Latency, by: readonly string[]): HTMLElement {
  const columns = ["Half", "95 of 100", "99 of 100", "Answers"].map((title) => ({ title, isNumber: true }));
  const rows = series.map(({ group, part, points }) => {
    const last = points.at(-1);
    const told = [last?.p50_seconds, last?.p95_seconds, last?.p99_seconds].map((own) => (own === undefined ? "–" : `≤ ${time(own)}`));
    return [`${nameOf(group, by)}, ${PARTS[part] ?? part}`, ...told, count(last?.answers ?? 0)];
  });
  return h("details", {}, h("summary", {}, "The newest bucket as a table"), table("Time of the newest answers", [{ title: "Part" }, ...columns], rows));
}
