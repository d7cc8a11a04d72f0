import { Feedback } from "@undertone/client/v1";
import type { Final } from "@undertone/client";
import { h } from "../../dom";
import { call } from "../../server/rpc";
import { inOrder } from "../../ui/emotions";
import { clock, percent } from "../../ui/format";
import { told } from "../../ui/notice";
import { swatch } from "../../ui/shares";

/** Results that stay on the page. */
const MOST_SHOWN = 200;

/** The final results of a model, the newest first. */
export class Finals {
  readonly #list = h("ol", { class: "finals", reversed: true });
  readonly #none = h("p", { class: "note" }, "Final results stand here, one per utterance.");
  /** For screen readers, which the choices in the list would keep busy. */
  readonly #spoken = h("p", { class: "unseen", role: "status" });
  readonly element = h("div", {}, this.#none, this.#spoken, this.#list);

  clear(): void {
    this.#list.replaceChildren();
    this.#none.hidden = false;
  }

  add(final: Final): void {
    this.#none.hidden = true;
    this.#list.prepend(row(final));
    this.#spoken.textContent = `${final.abstained ? "unsure" : final.top}, ${percent(final.confidence)}`;
    while (this.#list.children.length > MOST_SHOWN) this.#list.lastElementChild?.remove();
  }
}

function row(final: Final): HTMLElement {
  const others = final.plausible.filter((label) => label !== final.top);
  const said = final.abstained
    ? h("span", { class: "said" }, "unsure", h("span", { class: "note" }, ` (most likely ${final.top})`))
    : h("span", { class: "said" }, swatch(final.top), final.top);
  return h(
    "li",
    {},
    h("span", { class: "when" }, `${clock(final.start)} – ${clock(final.end)}`),
    said,
    h("span", { class: "sure" }, percent(final.confidence)),
    others.length > 0 && h("span", { class: "note" }, `or ${others.join(", ")}`),
    final.predictionId !== "" && judgement(final),
  );
}

/** Lets the reader say what was really heard. */
function judgement(final: Final): HTMLElement {
  const labels = inOrder(Object.keys(final.probabilities));
  const choice = h(
    "select",
    { "aria-label": `What was really heard from ${clock(final.start)}`, class: "judge" },
    h("option", { value: "" }, "Was it right?"),
    ...labels.map((label) => h("option", { value: label }, label === final.top ? `yes, ${label}` : `no, ${label}`)),
  );
  const place = h("span", { class: "judged" }, choice);
  choice.addEventListener("change", async () => {
    if (choice.value === "") return;
    choice.disabled = true;
    const verdict = { case: "label" as const, value: choice.value };
    const about = { case: "predictionId" as const, value: final.predictionId };
    try {
      await call(Feedback.method.giveFeedback, { judgements: [{ about, verdict, source: "console" }] });
      place.replaceChildren(h("span", { class: "note" }, `you said ${choice.value}`));
    } catch (error) {
      choice.disabled = false;
      place.append(h("span", { class: "problem" }, told(error)));
    }
  });
  return place;
}
