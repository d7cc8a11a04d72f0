import { h } from "../../dom";
import { told } from "../../ui/notice";

/** Who changes something, and why; both are kept with the change. */
export interface Signed {
  readonly who: string;
  readonly why: string;
}

/** A change that wants a name and a reason. */
export interface Change {
  readonly question: string;
  readonly effect: string;
  readonly action: string;
  /** What else is to be said. */
  readonly more: HTMLElement | undefined;
  /** Does it. What it throws is shown, and everything that was entered stays. */
  act(signed: Signed): Promise<void>;
}

/** A tab remembers the name. */
const PLACE = "undertone.who";

/** Asks for a name and a reason, and does it when it is confirmed. */
export function askedFor({ question, effect, action, more, act }: Change): Promise<void> {
  return new Promise((resolve) => {
    const problem = h("p", { class: "problem", role: "alert" });
    const who = h("input", { required: true, maxlength: "100", autocomplete: "off", value: sessionStorage.getItem(PLACE) ?? "" });
    const why = h("input", { required: true, maxlength: "500", autocomplete: "off" });
    const confirm = h("button", { type: "submit", class: "primary" }, action);
    const submit = async (event: Event) => {
      event.preventDefault();
      const signed = { who: who.value.trim(), why: why.value.trim() };
      sessionStorage.setItem(PLACE, signed.who);
      problem.textContent = "";
      confirm.disabled = true;
      try {
        await act(signed);
        dialog.close();
      } catch (error) {
        problem.textContent = told(error);
      } finally {
        confirm.disabled = false;
      }
    };
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "question" },
      h(
        "form",
        { class: "stack", onsubmit: (event) => void submit(event) },
        h("h2", { id: "question" }, question),
        h("p", {}, effect),
        more,
        h("label", { class: "field" }, "Your name", who),
        h("label", { class: "field" }, "Why", why),
        problem,
        h("div", { class: "actions" }, confirm, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel")),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
