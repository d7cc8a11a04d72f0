import { h } from "../../dom";
import type { Drifts } from "../../server/analytics";
import { count } from "../../ui/format";
import { empty } from "../../ui/notice";
import { table } from "../../ui/table";
import { nameOf } from "./group";

/** People call more than this a shift. */
const SHIFT = 0.25;
const COLUMNS = [
  { title: "Answers of" },
  { title: "Now", isNumber: true },
  { title: "Before", isNumber: true },
  { title: "Emotions moved", isNumber: true },
  { title: "Confidence moved", isNumber: true },
  { title: "" },
];

/** How far the answers moved. */
export function driftOf({ drifts }: Drifts, by: readonly string[]): HTMLElement[] {
  if (drifts.length === 0) return [empty("Nothing can be compared.", "It takes answers in this time and in the time of the same length before it.")];
  const rows = drifts.map((own) => {
    const most = Math.max(own.emotions_stability_index, own.confidence_stability_index);
    const word = most > SHIFT ? h("span", { class: "badge is-bad" }, "a shift") : h("span", { class: "badge is-good" }, "steady");
    return [
      nameOf(own.group, by),
      count(own.answers),
      count(own.reference_answers),
      own.emotions_stability_index.toFixed(3),
      own.confidence_stability_index.toFixed(3),
      word,
    ];
  });
  const note = `The figures are population stability indices: 0 when nothing moved; more than ${SHIFT} is called a shift.`;
  return [table("Drift", COLUMNS, rows), h("p", { class: "note" }, note)];
}
