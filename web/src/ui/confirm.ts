import { h } from "../dom";

/** Asks whether something is to be done that changes the server. */
export function confirmed(question: string, effect: string, action: string): Promise<boolean> {
  return new Promise((resolve) => {
    let sure = false;
    const end = (answer: boolean) => {
      sure = answer;
      dialog.close();
    };
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "question" },
      h("h2", { id: "question" }, question),
      h("p", {}, effect),
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", class: "primary", onclick: () => end(true) }, action),
        h("button", { type: "button", onclick: () => end(false) }, "Cancel"),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(sure);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
