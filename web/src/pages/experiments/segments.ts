import { h } from "../../dom";
import { count } from "../../ui/format";
import { table } from "../../ui/table";
import { metricName, toldChange } from "./metric";
import type { Report } from "./report";

/** The deciding figure for parts of the streams, under the warning that belongs to it. */
export function segmentsOf({ segments, control }: Report): HTMLElement | null {
  const [first] = segments.rows;
  if (first === undefined) return null;
  const titles = first.changes.map((own) => `${own.arm} less ${control}, ${metricName(own.metric)}${own.paired ? " on the same audio" : ""}`);
  const columns = [{ title: "Segment" }, { title: "Judged", isNumber: true }, ...titles.map((title) => ({ title, isNumber: true }))];
  const rows = segments.rows.map((own) => [`${own.label} = ${own.value || "(none)"}`, count(own.judged), ...own.changes.map((change) => toldChange(change.metric, change))]);
  const passedOver = segments.passed_over.length > 0 && h("p", { class: "note" }, `Not looked at, with too many values: ${segments.passed_over.join(", ")}`);
  return h("section", { class: "card" }, h("h2", {}, "Segments"), h("p", { class: "warning" }, segments.caution), table("The deciding figure by segment", columns, rows), passedOver);
}
