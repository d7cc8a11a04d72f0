import { heat } from "../../charts/heat";
import { h } from "../../dom";
import type { Judged, Judgements } from "../../server/analytics";
import { count, percent } from "../../ui/format";
import { empty } from "../../ui/notice";
import { table } from "../../ui/table";
import { nameOf } from "./group";

const COLUMNS = [
  { title: "Answers of" },
  { title: "Judged", isNumber: true },
  { title: "Right", isNumber: true },
  { title: "Calibration error", isNumber: true },
];
const BINS = [{ title: "Confidence" }, { title: "Judged", isNumber: true }, { title: "Mean confidence", isNumber: true }, { title: "Right", isNumber: true }];

/** How often answers were right, as people said, and whether they were as sure as they should be. */
export function judgementsOf({ groups }: Judgements, by: readonly string[]): HTMLElement[] {
  if (groups.length === 0) {
    return [empty("Nobody has judged an answer of this time.", "Say what is right on ", h("a", { href: "#/live" }, "Live"), ", or with ", h("code", {}, "undertone feedback --import FILE"), ".")];
  }
  const rows = groups.map((own) => [nameOf(own.group, by), count(own.judged), percent(own.right / own.judged, 1), own.expected_calibration_error.toFixed(3)]);
  return [table("Judged answers", COLUMNS, rows), ...groups.flatMap((own) => details(own, nameOf(own.group, by)))];
}

function details(own: Judged, name: string): HTMLElement[] {
  const met = own.cells.map((cell) => ({ row: cell.truth, column: cell.answer, times: cell.answers }));
  const unnamed = own.without_truth === 0 ? [] : [h("p", { class: "note" }, `Of ${count(own.without_truth)} wrong answers nobody said what is right.`)];
  const bins = own.bins.map((bin) => [`${percent(bin.from)} to ${percent(bin.to)}`, count(bin.answers), percent(bin.mean_confidence, 1), percent(bin.accuracy, 1)]);
  return [
    h("details", {}, h("summary", {}, `What was right, and what was answered: ${name}`), heat(`Truth and answers of ${name}`, ["right", "answered"], met), ...unnamed),
    h("details", {}, h("summary", {}, `Confidence against truth: ${name}`), table(`Calibration of ${name}`, BINS, bins)),
  ];
}
