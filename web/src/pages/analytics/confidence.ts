import { histogram } from "../../charts/histogram";
import { h } from "../../dom";
import type { Confidence } from "../../server/analytics";
import { count, percent, plural } from "../../ui/format";
import { figuresOf } from "../../ui/table";
import { MOST_GROUPS, nameOf, nothing, others } from "./group";

/** How sure the answers of each group were. */
export function confidenceOf({ histograms }: Confidence, by: readonly string[]): HTMLElement[] {
  if (histograms.length === 0) return [nothing()];
  const drawn = histograms.slice(0, MOST_GROUPS).map(({ group, bins }) => {
    const name = nameOf(group, by);
    const total = bins.reduce((sum, own) => sum + own, 0);
    const rows = bins.map((answers, place) => [`${percent(place / bins.length)} to ${percent((place + 1) / bins.length)}`, count(answers)]);
    return h(
      "figure",
      {},
      h("figcaption", {}, h("strong", {}, name), ` ${plural(total, "answer")}`),
      histogram(bins, `Confidence of ${name}: ${plural(total, "answer")}`),
      figuresOf(`Confidence, ${name}`, [{ title: "Confidence" }, { title: "Answers", isNumber: true }], rows),
    );
  });
  return [h("div", { class: "grid" }, ...drawn), ...[others(histograms.length)].filter((own) => own !== null)];
}
