import { h } from "../../dom";

/** An experiment's state. */
export function badge(state: string): HTMLElement {
  const kind = state === "running" ? "is-good" : state === "paused" ? "is-busy" : "";
  return h("span", { class: `badge ${kind}` }, state);
}
