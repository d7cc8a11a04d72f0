import { h } from "../../dom";
import { count, percent } from "../../ui/format";
import { table } from "../../ui/table";
import { metricName, toldChange } from "./metric";
import type { Paired, Report } from "./report";

type Row = [comparison: string, difference: string, standsOn: string];

/** The comparisons with what may have bent them taken out: being many, changed weights, what was known before, dropped answers. */
export function correctedOf(report: Report): HTMLElement | null {
  const rows = [...forMany(report), ...forWeights(report), ...forPast(report), ...report.paired.flatMap((own) => forDropped(report, own))];
  if (rows.length === 0) return null;
  const columns = ["What was corrected for", "Difference, or p", "Stands on"].map((title) => ({ title }));
  const note = `Each of the ${report.comparisons} comparisons with ${report.control} has its part of the ${percent(report.alpha)} by which all together may be wrong. P-values hold at every look.`;
  return h("section", { class: "card" }, h("h2", {}, "Corrections"), h("p", { class: "note" }, note), table("The comparisons, corrected", columns, rows));
}

/** P-values for as many comparisons as there are. */
function forMany(report: Report): Row[] {
  const told = (p: number) => (p < 1e-4 ? "p below 0.0001" : `p = ${p.toFixed(4)}`);
  const name = (arm: string, what: string) => `${arm} less ${report.control}: many comparisons${what}`;
  const live = report.differences.flatMap(({ arm, changes, adjusted_p_value: p }): Row[] => {
    const first = Object.keys(changes)[0] ?? "accuracy";
    return p === null ? [] : [[name(arm, ""), told(p), metricName(first)]];
  });
  const paired = report.paired.flatMap(({ arm, accuracy, pairs }): Row[] => {
    const p = accuracy.adjusted_p_value;
    return p === null ? [] : [[name(arm, ", same audio"), told(p), `accuracy, ${count(pairs)} pairs`]];
  });
  return [...live, ...paired];
}

function forWeights(report: Report): Row[] {
  return report.weighted.map((own) => [`${own.arm} less ${report.control}: how likely each arm was`, toldChange("accuracy", own), `accuracy, ${count(own.subjects)} subjects`]);
}

function forPast({ known_before: known, control }: Report): Row[] {
  return (known?.comparisons ?? []).map((own) => [
    `${own.arm} less ${control}: what was known before`,
    toldChange("accuracy", own),
    `${known?.covariate} of ${count(own.known_subjects)} of ${count(own.subjects)} subjects, ${percent(own.variance_saved)} less variance`,
  ]);
}

/** What a shadow was dropped for. */
function forDropped(report: Report, { arm, coverage }: Paired): Row[] {
  const { answers, pairs, corrected, with_less_without_pair: check, bounds } = coverage;
  if (pairs === answers || corrected.value === null) return [];
  const name = `${arm} less ${report.control}: `;
  const stands = `${count(pairs)} of ${count(answers)} answers have a pair`;
  const rows: Row[] = [[`${name}what was dropped under load`, toldChange("accuracy", corrected), stands]];
  if (check !== null) rows.push([`${report.control} with a pair less without`, toldChange("accuracy", check), "far from 0: it was not chance"]);
  if (bounds !== null) rows.push([`${name}at the worst`, `${toldChange("accuracy", { value: bounds[0], interval: null })} to ${toldChange("accuracy", { value: bounds[1], interval: null })}`, "whatever the dropped answers were"]);
  return rows;
}
