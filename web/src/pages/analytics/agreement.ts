import { heat } from "../../charts/heat";
import { h } from "../../dom";
import type { Agreement } from "../../server/analytics";
import { count, percent } from "../../ui/format";
import { empty } from "../../ui/notice";
import { table } from "../../ui/table";

const COLUMNS = [
  { title: "Models" },
  { title: "Same utterances", isNumber: true },
  { title: "Same label", isNumber: true },
  { title: "Cohen's kappa", isNumber: true },
];

/** How often models say the same. */
export function agreementOf({ pairs }: Agreement): HTMLElement[] {
  if (pairs.length === 0) {
    const how = "Models answer about the same utterances where one is a shadow in an experiment: ";
    return [empty("No two models answered about the same utterances in this time.", how, h("code", {}, "docs/experiments.md"), " shows how to start one.")];
  }
  const rows = pairs.map(({ left, right, utterances, agreement, kappa }) => [`${left} and ${right}`, count(utterances), percent(agreement, 1), kappa.toFixed(2)]);
  const matrices = pairs.map(({ left, right, cells }) => {
    const met = cells.map((cell) => ({ row: cell.left, column: cell.right, times: cell.utterances }));
    return h("details", {}, h("summary", {}, `Which labels met: ${left} and ${right}`), heat(`Labels of ${left} and ${right}`, [left, right], met));
  });
  return [table("Agreement of models", COLUMNS, rows), ...matrices];
}
