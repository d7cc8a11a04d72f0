import { intervals, type Row } from "../../charts/intervals";
import { h } from "../../dom";
import { inOrder } from "../../ui/emotions";
import { count, percent } from "../../ui/format";
import { empty } from "../../ui/notice";
import { figuresOf, table } from "../../ui/table";
import { key } from "../analytics/emotions";
import { mannerOf, metricName, told, toldChange } from "./metric";
import type { Figure, Report } from "./report";

const RECALL = "recall:";
const OUTCOMES = { better: "better", worse: "worse", alike: "alike", open: "open: more answers are needed" };

/** Each arm less the control: what differs, and by how much. */
export function differencesOf(report: Report): HTMLElement[] {
  return report.differences.map((own) => {
    const shares = Object.entries(own.changes).filter(([metric, { value }]) => mannerOf(metric).factor === 100 && value !== null && !metric.startsWith(RECALL));
    const others = Object.entries(own.changes).filter(([metric, { value }]) => mannerOf(metric).factor !== 100 && value !== null);
    const rows: Row[] = shares.map(([metric, change]) => ({ name: metricName(metric), dots: [dot(change, 0, toldChange(metric, change))] }));
    const guardrails = own.guardrails.map((guardrail) => h("li", {}, h("strong", {}, metricName(guardrail.metric)), `: ${guardrail.reason}`));
    const quantiles = own.latency_quantiles.map(({ share, seconds, interval }) => h("li", {}, `latency of ${percent(share)}: ${toldChange("latency", { value: seconds, interval })}`));
    return h(
      "figure",
      {},
      h("figcaption", {}, h("strong", {}, `${own.arm} less ${report.control}`), ` ${OUTCOMES[own.outcome]}`),
      rows.length > 0 && intervals(rows, around(rows), `Differences of ${own.arm} from ${report.control}`),
      h("ul", { class: "plain" }, ...others.map(([metric, change]) => h("li", {}, `${metricName(metric)}: ${toldChange(metric, change)}`)), ...quantiles),
      guardrails.length > 0 && h("h3", {}, "Guardrails"),
      guardrails.length > 0 && h("ul", { class: "plain" }, ...guardrails),
    );
  });
}

/** Recall per emotion, the arms side by side. */
export function recallOf(report: Report): HTMLElement {
  const arms = report.arms.filter((arm) => arm.judged > 0);
  const labels = inOrder(arms.flatMap((arm) => Object.keys(arm.figures).filter((own) => own.startsWith(RECALL)).map((own) => own.slice(RECALL.length))));
  if (labels.length === 0) return empty("No answer was judged yet.", "Send feedback: ", h("code", {}, "undertone feedback --import FILE"), ", or the Feedback service.");
  const rows: Row[] = labels.map((label) => ({
    name: label,
    dots: arms.flatMap((arm, place) => {
      const figure = arm.figures[RECALL + label];
      return figure?.value === null || figure === undefined ? [] : [dot(figure, place, told(RECALL + label, figure))];
    }),
  }));
  const scale = { from: 0, to: 1, marks: [0, 0.25, 0.5, 0.75, 1].map((value) => [value, `${value * 100} %`] as const) };
  const columns = [{ title: "Emotion" }, ...arms.map((arm) => ({ title: arm.name, isNumber: true }))];
  const cells = labels.map((label) => [label, ...arms.map((arm) => told(RECALL + label, arm.figures[RECALL + label]))]);
  return h("figure", {}, key(arms.map((arm) => arm.name)), intervals(rows, scale, "Recall of each emotion, by arm"), figuresOf("Recall of each emotion", columns, cells));
}

/** Every figure of every arm. */
export function armsOf({ arms }: Report): HTMLElement {
  const metrics = [...new Set(arms.flatMap((arm) => Object.keys(arm.figures)))].filter((metric) => !metric.startsWith(RECALL));
  const columns = [{ title: "" }, ...arms.map((arm) => ({ title: `${arm.name} (${arm.model}${arm.shadow ? ", listens along" : ""})`, isNumber: true }))];
  const rows = [
    ["subjects", ...arms.map((arm) => count(arm.subjects))],
    ["answers", ...arms.map((arm) => count(arm.answers))],
    ["judged", ...arms.map((arm) => count(arm.judged))],
    ...metrics.map((metric) => [metricName(metric), ...arms.map((arm) => told(metric, arm.figures[metric]))]),
  ];
  return table("Figures of each arm", columns, rows);
}

function dot({ value, interval }: Figure, line: number, words: string) {
  return { value: value ?? 0, low: interval?.[0], high: interval?.[1], line, told: words };
}

/** A scale that holds all of them, with none in the middle. */
function around(rows: readonly Row[]): { from: number; to: number; marks: [number, string][] } {
  const most = Math.max(0.01, ...rows.flatMap(({ dots }) => dots.flatMap((own) => [own.value, own.low ?? 0, own.high ?? 0].map(Math.abs))));
  const end = Math.min(1, Math.ceil(most * 1.1 * 20) / 20);
  const told = (value: number): [number, string] => [value, `${value < 0 ? "−" : value > 0 ? "+" : ""}${(Math.abs(value) * 100).toFixed(0)}`];
  return { from: -end, to: end, marks: [-end, 0, end].map(told) };
}
