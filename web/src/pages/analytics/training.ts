import { h } from "../../dom";
import type { TrainingDrift, TrainingDrifts } from "../../server/analytics";
import { count } from "../../ui/format";
import { nothing } from "./group";
import { table } from "../../ui/table";

const COLUMNS = [
  { title: "Model" },
  { title: "Measure" },
  { title: "Answers", isNumber: true },
  { title: "Stability index", isNumber: true },
  { title: "Divergence in bits", isNumber: true },
  { title: "" },
];
const MEASURES: Readonly<Record<string, string>> = {
  level: "level",
  snr: "speech over noise",
  speech: "share of speech",
  f0: "pitch",
  labels: "emotions answered",
};

/** How far what was heard and answered is from what each model learnt from. */
export function trainingOf({ models, stability_threshold, divergence_threshold }: TrainingDrifts): HTMLElement[] {
  if (models.length === 0) return [nothing()];
  const compared = models.filter((own) => own.unavailable === "");
  const others = models.filter((own) => own.unavailable !== "");
  const note = `From a stability index of ${brief(stability_threshold)} or a divergence of ${brief(divergence_threshold)} bits on, a measure is called drifted, once there are enough answers.`;
  return [
    ...(compared.length === 0 ? [] : [table("Drift from the training", COLUMNS, compared.flatMap(rows)), h("p", { class: "note" }, note)]),
    ...others.map((own) => h("p", { class: "note" }, `${own.model} ${own.version}: ${own.unavailable}.`)),
  ];
}

/** Without the digits that a setting of single precision does not have. */
const brief = (figure: number): string => String(Number(figure.toPrecision(3)));

function rows({ model, version, measures }: TrainingDrift): (string | HTMLElement)[][] {
  return measures.map((own) => [
    `${model} ${version}`,
    MEASURES[own.measure] ?? own.measure,
    count(own.answers),
    own.stability_index.toFixed(3),
    own.divergence.toFixed(3),
    own.drifted ? h("span", { class: "badge is-bad" }, "drifted") : h("span", { class: "badge is-good" }, "as learnt"),
  ]);
}
