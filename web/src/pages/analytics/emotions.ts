import { lines, type Plot, stack } from "../../charts/plot";
import { h } from "../../dom";
import type { EmotionPoint, Emotions, Group } from "../../server/analytics";
import { colour, inOrder, themed } from "../../ui/emotions";
import { count, moment, percent, plural } from "../../ui/format";
import { legend } from "../../ui/shares";
import { figuresOf } from "../../ui/table";
import { MOST_GROUPS, nameOf, nothing, others } from "./group";
import type { Shown } from "./page";

/** Share of emotions over time, per group, and how sure the answers were. */
export function emotionsOf({ series }: Emotions, shown: Shown): HTMLElement[] {
  if (series.length === 0) return [nothing()];
  const labels = inOrder(series.flatMap(({ points }) => points.flatMap(({ shares }) => shares.map(({ label }) => label))));
  const drawn = series.slice(0, MOST_GROUPS);
  return [
    legend(labels),
    h("div", { class: "grid" }, ...drawn.map(({ group, points }) => one(group, points, labels, shown))),
    ...[others(series.length)].filter((own) => own !== null),
    h("h3", {}, "Mean confidence"),
    certainty(drawn, shown),
  ];
}

function one(group: Group, points: readonly EmotionPoint[], labels: readonly string[], shown: Shown): HTMLElement {
  const share = (point: EmotionPoint, label: string) => point.shares.find((own) => own.label === label)?.share ?? 0;
  const total = points.reduce((sum, point) => sum + point.answers, 0);
  const unsure = points.reduce((sum, point) => sum + point.abstained, 0);
  const times = points.map(({ start }) => Date.parse(start) / 1000);
  const plot: Plot = {
    label: `Share of emotions over time, ${nameOf(group, shown.by)}`,
    times,
    lines: labels.map((label) => ({ name: label, colour: () => colour(label), values: points.map((point) => share(point, label)) })),
    told: (value) => percent(value),
    most: 1,
    ...shown,
  };
  const columns = [{ title: "From" }, { title: "Answers", isNumber: true }, ...labels.map((title) => ({ title, isNumber: true }))];
  const rows = points.map((point) => [moment(new Date(point.start)), count(point.answers), ...labels.map((label) => percent(share(point, label)))]);
  const title = h("figcaption", {}, h("strong", {}, nameOf(group, shown.by)), ` ${plural(total, "answer")}, ${count(unsure)} of them unsure`);
  return h("figure", {}, title, stack(plot, shown.signal), figuresOf(`Share of emotions, ${nameOf(group, shown.by)}`, columns, rows));
}

function certainty(series: Emotions["series"], shown: Shown): HTMLElement {
  const times = [...new Set(series.flatMap(({ points }) => points.map(({ start }) => Date.parse(start) / 1000)))].sort((a, b) => a - b);
  const own = series.map(({ group, points }, place) => {
    const values = new Map(points.map((point) => [Date.parse(point.start) / 1000, point.mean_confidence]));
    return { name: nameOf(group, shown.by), colour: () => themed(`--line-${place}`), values: times.map((at) => values.get(at) ?? null) };
  });
  const plot: Plot = { label: "Mean confidence over time", times, lines: own, told: (value) => percent(value), most: 1, ...shown };
  return h("div", {}, key(own.map(({ name }) => name)), lines(plot, shown.signal));
}

/** Names of lines beside their colours. */
export function key(names: readonly string[]): HTMLElement {
  const items = names.map((name, place) => h("li", {}, h("span", { class: `swatch is-line-${place}`, "aria-hidden": "true" }), name));
  return h("ul", { class: "legend" }, ...items);
}
