import { h } from "../dom";

type Cell = Node | string | number;

/** A column; numbers stand at its right. */
export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
}

/** A table that scrolls by itself where it is too wide. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): HTMLElement {
  return boxed("table-box", caption, columns, rows);
}

/** A table of few rows about much: on narrow screens each row is a list. */
export function listing(caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): HTMLElement {
  return boxed("table-box listing", caption, columns, rows);
}

function boxed(kind: string, caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): HTMLElement {
  const of = (column: Column | undefined) => (column?.isNumber ? "number" : undefined);
  const head = columns.map((column) => h("th", { scope: "col", class: of(column) }, column.title));
  const body = rows.map((row) =>
    h(
      "tr",
      {},
      ...row.map((cell, place) =>
        place === 0
          ? h("th", { scope: "row", class: of(columns[0]) }, cell)
          : h("td", { class: of(columns[place]), "data-title": columns[place]?.title }, cell),
      ),
    ),
  );
  const own = h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...body));
  return h("div", { class: kind, tabindex: "0", role: "region", "aria-label": caption }, own);
}

/** Figures behind a picture, for those who would rather read them. */
export function figuresOf(caption: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]): HTMLElement {
  return h("details", {}, h("summary", {}, "As a table"), table(caption, columns, rows));
}
