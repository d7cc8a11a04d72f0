import { type Model, Models } from "@undertone/client/v1";
import { fill, h } from "../../dom";
import { call } from "../../server/rpc";
import { percent } from "../../ui/format";
import { markdown } from "../../ui/markdown";
import { failed, waiting } from "../../ui/notice";
import { legend } from "../../ui/shares";

/** What a model says about itself. */
export function card(model: Model): HTMLElement {
  const name = `${model.reference?.name}@${model.reference?.version}`;
  const text = h("div", { class: "markdown" });
  const details = h("details", {}, h("summary", {}, "Card"), text);
  details.addEventListener("toggle", async () => {
    if (!details.open || text.childElementCount > 0) return;
    fill(text, waiting("Fetching the card …"));
    try {
      const { card } = await call(Models.method.getModel, { model: name });
      fill(text, ...markdown(card));
    } catch (error) {
      fill(text, failed(error));
    }
  });
  return h(
    "section",
    { class: "card", "aria-label": name },
    h("h2", {}, name.replace("@", " ")),
    h("p", {}, model.description),
    legend(model.labels),
    facts(model),
    details,
  );
}

function facts(model: Model): HTMLElement {
  const { calibration } = model;
  const kept = calibration?.abstainError === undefined ? "" : `, wrong in at most ${percent(calibration.abstainError)} of the rest`;
  const sets = calibration?.conformal;
  const all: [string, string][] = [
    ["Recall, mean over the emotions", `${percent(model.unweightedAverageRecall, 1)} on speakers it never heard`],
    ["Accuracy", percent(model.accuracy, 1)],
    ["Tested with", model.testSpeakers.join(", ") || "speakers left out in turn"],
    ["Unsure below", calibration?.abstainBelow === undefined ? "never" : percent(calibration.abstainBelow) + kept],
    ["Plausible labels", sets === undefined ? "none are given" : `hold the true one in ${percent(sets.coverage)} of utterances`],
    ["Licence of the weights", model.licence],
  ];
  return h("dl", { class: "facts" }, ...all.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}
