import { ServerError } from "@undertone/client";
import { h } from "../dom";
import { askForKey } from "./keys";

/** Nothing is there: what is missing, and how to get it. */
export function empty(title: string, ...how: (Node | string)[]): HTMLElement {
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), h("p", {}, ...how));
}

/** Something failed, in words; where a key is wanted, with a way to give one. */
export function failed(error: unknown): HTMLElement {
  const wantsKey = error instanceof ServerError && ["UNAUTHENTICATED", "PERMISSION_DENIED"].includes(error.code);
  const button = wantsKey && h("button", { type: "button", onclick: () => askForKey() }, "Enter another key");
  return h("div", { class: "failed", role: "alert" }, h("p", {}, told(error)), button);
}

/** An error as a sentence. */
export function told(error: unknown): string {
  if (error instanceof ServerError) {
    const fields = error.violations.map(({ field, description }) => `${field}: ${description}`);
    return sentence(fields.length > 0 ? fields.join("; ") : error.sentence);
  }
  return sentence(error instanceof Error ? error.message : String(error));
}

export function waiting(what: string): HTMLElement {
  return h("p", { class: "waiting", role: "status" }, what);
}

function sentence(text: string): string {
  const clean = text.trim();
  return clean.charAt(0).toUpperCase() + clean.slice(1) + (/[.!?]$/.test(clean) ? "" : ".");
}
