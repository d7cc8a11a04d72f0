import type { Group } from "../../server/analytics";
import { h } from "../../dom";
import { empty } from "../../ui/notice";

/** Groups that are drawn; the rest is in the tables. */
export const MOST_GROUPS = 6;

/** A group in words; `by` is what groups are told apart by. */
export function nameOf({ model, version, arm, role }: Group, by: readonly string[]): string {
  const name = [model, version].filter((own) => own !== "").join(" ");
  const outside = by.includes("arm") && "outside of experiments";
  const words = [name, arm === "" ? outside : `arm ${arm}`, role !== "" && (role === "shadow" ? "recorded only" : "sent to clients")];
  return words.filter((own) => own !== "" && own !== false).join(", ") || "all answers";
}

/** There is nothing to draw. */
export function nothing(): HTMLElement {
  return empty(
    "No answers are recorded in this time.",
    "Choose a longer time or fewer filters, or have something recognised: on ",
    h("a", { href: "#/live" }, "Live"),
    ", or with ",
    h("code", {}, "undertone recognize FILE --server ADDRESS"),
    ".",
  );
}

/** What is said where more groups were found than are drawn. */
export function others(found: number): HTMLElement | null {
  return found <= MOST_GROUPS ? null : h("p", { class: "note" }, `${found} groups were found; the first ${MOST_GROUPS} are drawn. Use the filters to see others.`);
}
