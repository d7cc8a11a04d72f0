import { h } from "../dom";
import { colourClass, inOrder } from "./emotions";
import { percent } from "./format";

/** One bar per label, with its share in words. */
export class Shares {
  readonly element = h("ul", { class: "shares" });
  readonly #rows = new Map<string, { bar: HTMLElement; told: HTMLElement; row: HTMLElement }>();

  /** Which labels there are. */
  begin(labels: readonly string[]): void {
    this.#rows.clear();
    this.element.replaceChildren();
    for (const label of inOrder(labels)) {
      const bar = h("span", { class: `bar ${colourClass(label)}` });
      const told = h("span", { class: "told" }, "–");
      const row = h("li", {}, h("span", { class: "label" }, label), h("span", { class: "track", "aria-hidden": "true" }, bar), told);
      this.#rows.set(label, { bar, told, row });
      this.element.append(row);
    }
  }

  show(shares: Readonly<Record<string, number>>, top: string): void {
    for (const [label, { bar, told, row }] of this.#rows) {
      const share = shares[label] ?? 0;
      bar.style.setProperty("--share", String(share));
      told.textContent = percent(share);
      row.classList.toggle("is-top", label === top);
    }
  }
}

/** Labels beside their colours. */
export function legend(labels: Iterable<string>): HTMLElement {
  const items = inOrder(labels).map((label) => h("li", {}, swatch(label), label));
  return h("ul", { class: "legend" }, ...items);
}

/** A spot in a label's colour. */
export function swatch(label: string): HTMLElement {
  return h("span", { class: `swatch ${colourClass(label)}`, "aria-hidden": "true" });
}
