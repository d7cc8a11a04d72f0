import { h } from "../../dom";
import { GROUPS, type Query } from "./query";

const RANGES: readonly [hours: number, told: string][] = [
  [1, "last hour"],
  [6, "last 6 hours"],
  [24, "last 24 hours"],
  [24 * 7, "last 7 days"],
  [24 * 30, "last 30 days"],
  [0, "from … to …"],
];

/** The fields of a query; what is chosen goes into the address, and the page shows it. */
export function form(query: Query): HTMLElement {
  const fields = h(
    "form",
    { class: "card filters", "aria-label": "What is shown" },
    h("div", { class: "row" }, choice("hours", "Time", RANGES.map(([hours, told]) => [String(hours), told]), String(query.hours)), moment("start", "From", query), moment("end", "To", query), step(query)),
    groups(query),
    h(
      "details",
      { open: isFiltered(query) },
      h("summary", {}, "Filters"),
      h(
        "div",
        { class: "row" },
        text("model", "Models", query.models.join(", "), "cnn, lstm"),
        text("version", "Versions", query.versions.join(", "), "1.0.0"),
        text("arm", "Arms", query.arms.join(", "), "EXPERIMENT/ARM"),
        choice("role", "Answers", [["", "all"], ["live", "sent to clients"], ["shadow", "recorded only"]], query.role),
        text("subject", "Subject", query.subject, "the client's key"),
        text("label", "Label", query.label, "KEY=VALUE"),
      ),
    ),
    h("div", { class: "actions" }, h("button", { type: "submit", class: "primary" }, "Show")),
  );
  fields.addEventListener("submit", (event) => {
    event.preventDefault();
    go(fields);
  });
  fields.addEventListener("change", (event) => {
    const name = (event.target as HTMLInputElement).name;
    if (name === "hours") reveal(fields);
    if (["hours", "step", "group"].includes(name) && read(fields).get("hours") !== "0") go(fields);
  });
  reveal(fields);
  return fields;
}

/** Only the fields of the chosen kind of time are there. */
function reveal(fields: HTMLFormElement): void {
  const own = read(fields).get("hours") === "0";
  for (const field of fields.querySelectorAll<HTMLElement>(".moment")) field.hidden = !own;
}

function go(fields: HTMLFormElement): void {
  const asked = read(fields);
  const before = location.hash;
  location.hash = `#/analytics?${asked}`;
  // The same question again is a wish for newer figures.
  if (location.hash === before) dispatchEvent(new HashChangeEvent("hashchange"));
}

function read(fields: HTMLFormElement): URLSearchParams {
  const asked = new URLSearchParams();
  const data = new FormData(fields);
  for (const [name, value] of data) {
    if (name !== "group" && typeof value === "string" && value.trim() !== "") asked.set(name, value.trim());
  }
  asked.set("group", data.getAll("group").join(","));
  if (asked.get("hours") !== "0") {
    asked.delete("start");
    asked.delete("end");
  }
  return asked;
}

function isFiltered({ models, versions, arms, role, subject, label }: Query): boolean {
  return [models, versions, arms].some((own) => own.length > 0) || [role, subject, label].some((own) => own !== "");
}

function step(query: Query): HTMLElement {
  return choice("step", "Step", [["minute", "minutes"], ["hour", "hours"], ["day", "days (UTC)"]], query.step);
}

function groups(query: Query): HTMLElement {
  const box = (name: string) => h("label", {}, h("input", { type: "checkbox", name: "group", value: name, checked: query.groups.includes(name) }), name);
  return h("fieldset", { class: "manner" }, h("legend", {}, "Told apart by"), ...GROUPS.map(box));
}

function choice(name: string, title: string, options: readonly (readonly [string, string])[], chosen: string): HTMLElement {
  const own = options.map(([value, told]) => h("option", { value, selected: value === chosen }, told));
  return h("label", { class: "field" }, title, h("select", { name }, ...own));
}

function text(name: string, title: string, value: string, placeholder: string): HTMLElement {
  return h("label", { class: "field" }, title, h("input", { name, value, placeholder, autocomplete: "off", spellcheck: "false" }));
}

function moment(name: "start" | "end", title: string, query: Query): HTMLElement {
  const ago = name === "start" ? 86_400_000 : 0;
  const local = new Date(Date.now() - ago - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  return h("label", { class: "field moment" }, title, h("input", { type: "datetime-local", name, value: query[name] || local }));
}
