import { h } from "../dom";
import { inOrder } from "../ui/emotions";
import { count } from "../ui/format";

/** How often labels of one side met labels of the other: a table whose cells are the darker the more often. */
export function heat(caption: string, [rows, columns]: readonly [string, string], met: readonly Met[]): HTMLElement {
  const labels = inOrder(met.flatMap(({ row, column }) => [row, column]));
  const most = Math.max(1, ...met.map((own) => own.times));
  const of = (row: string, column: string) => met.find((own) => own.row === row && own.column === column)?.times ?? 0;
  const head = h("tr", {}, h("th", { scope: "col" }, `${rows} ↓  ${columns} →`), ...labels.map((label) => h("th", { scope: "col", class: "number" }, label)));
  const body = labels.map((row) => {
    const cells = labels.map((column) => {
      const times = of(row, column);
      const cell = h("td", { class: row === column ? "number heat is-same" : "number heat" }, times === 0 ? "·" : count(times));
      cell.style.setProperty("--heat", String(times / most));
      return cell;
    });
    return h("tr", {}, h("th", { scope: "row" }, row), ...cells);
  });
  const own = h("table", { class: "heat-table" }, h("caption", {}, caption), h("thead", {}, head), h("tbody", {}, ...body));
  return h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": caption }, own);
}

export interface Met {
  readonly row: string;
  readonly column: string;
  readonly times: number;
}
