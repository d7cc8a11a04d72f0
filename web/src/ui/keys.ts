import { h } from "../dom";
import { storedKey, storeKey } from "../server/key";

/** What the key of this shape looks like is the server's matter; only what no header can carry is refused here. */
const SENDABLE = /^[\w.~-]+$/;

let changed: () => void = () => undefined;

/** Calls `then` whenever a key was entered or forgotten. */
export function whenKeyChanges(then: () => void): void {
  changed = then;
}

/** Opens the dialog in which a key is entered. */
export function askForKey(): void {
  const problem = h("p", { class: "problem", role: "alert" });
  const field = h("input", {
    id: "key",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    required: true,
    "aria-describedby": "key-note",
  });
  const forget = h("button", { type: "button", onclick: () => end(undefined) }, "Forget the key");
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "key-title" },
    h(
      "form",
      { method: "dialog", onsubmit: submit },
      h("h2", { id: "key-title" }, "API key"),
      h("label", { for: "key" }, "Key"),
      field,
      h(
        "p",
        { id: "key-note", class: "note" },
        "The key stays in this tab and is sent in headers only. ",
        h("code", {}, "undertone keys create NAME --scopes admin"),
        " makes one on the server.",
      ),
      problem,
      h(
        "div",
        { class: "actions" },
        h("button", { type: "submit", class: "primary" }, "Use this key"),
        h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
        storedKey() !== undefined && forget,
      ),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();

  function submit(event: Event): void {
    event.preventDefault();
    const key = field.value.trim();
    if (SENDABLE.test(key)) end(key);
    else problem.textContent = "This is no key: it holds signs that no key has.";
  }

  function end(key: string | undefined): void {
    storeKey(key);
    dialog.close();
    changed();
  }
}
