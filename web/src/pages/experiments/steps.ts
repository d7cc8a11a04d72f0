import {
  type ChangeExperimentRequest,
  type Experiment,
  type ExperimentArm,
  Experiments,
} from "@undertone/client/v1";
import { h } from "../../dom";
import { call } from "../../server/rpc";
import { askedFor } from "./ask";

type Taken = Exclude<ChangeExperimentRequest["step"], { case: undefined }>["case"];

/** A step in an experiment's life, and what it comes to. */
interface Step {
  readonly title: string;
  readonly question: string;
  readonly effect: string;
}

const STEPS: Record<Taken, (name: string) => Step> = {
  start: (name) => ({ title: "Start", question: `Start ${name}?`, effect: "Streams that name no model are given its arms' models from now on." }),
  ramp: (name) => ({ title: "Change weights", question: `Change the weights of ${name}?`, effect: "Subjects that have an arm keep it as far as the new weights let them." }),
  pause: (name) => ({ title: "Pause", question: `Pause ${name}?`, effect: "It takes no streams for now. What it knows is kept, and it can be started again." }),
  stop: (name) => ({ title: "Stop", question: `Stop ${name}?`, effect: "It ends for good. Everybody gets what they would get without it." }),
  promote: (name) => ({ title: "Promote an arm", question: `Promote an arm of ${name}?`, effect: "It ends for good. Everybody whom it would take gets the model of the arm." }),
  archive: (name) => ({ title: "Archive", question: `Archive ${name}?`, effect: "It is put away for good. Its record is kept." }),
};

/** What can be done from where an experiment is; the server has the last word. */
const NEXT: Readonly<Record<string, readonly Taken[]>> = {
  draft: ["start", "ramp", "archive"],
  running: ["ramp", "pause", "stop", "promote"],
  paused: ["start", "ramp", "stop", "promote"],
  decided: ["archive"],
};

/** The arms as they are, with what can be done next. `changed` is called when something was. */
export function steps(own: Experiment, changed: (said: string) => void): HTMLElement {
  const buttons = (NEXT[own.state] ?? []).map((taken) => {
    const { title } = STEPS[taken](own.name);
    return h("button", { type: "button", onclick: () => void take(own, taken, changed) }, title);
  });
  return h(
    "section",
    { class: "card", "aria-label": "Traffic" },
    h("h2", {}, "Traffic"),
    h("ul", { class: "arms" }, ...own.arms.map((arm) => armOf(arm, own.chosen))),
    buttons.length > 0 && h("div", { class: "actions" }, ...buttons),
  );
}

/** What an arm gets, as an item of a list. */
export function armOf(arm: ExperimentArm, chosen: string): HTMLElement {
  return h(
    "li",
    {},
    h("strong", {}, arm.name),
    ` ${arm.model}, `,
    arm.shadow ? "listens along" : `${arm.weight} %`,
    arm.control && ", control",
    arm.name === chosen && ", promoted",
    arm.stopped !== "" && h("span", { class: "problem" }, ` stopped: ${arm.stopped}`),
  );
}

async function take(own: Experiment, taken: Taken, changed: (said: string) => void): Promise<void> {
  const { title, question, effect } = STEPS[taken](own.name);
  const more = taken === "ramp" ? weightsOf(own.arms) : taken === "promote" ? choiceOf(own.arms) : undefined;
  await askedFor({
    question,
    effect,
    action: title,
    more: more?.element,
    act: async ({ who, why }) => {
      const step = { case: taken, value: more?.value() ?? {} } as ChangeExperimentRequest["step"];
      const { experiment } = await call(Experiments.method.changeExperiment, { name: own.name, who, why, step });
      changed(`${own.name} is ${experiment?.state ?? "changed"}.`);
    },
  });
}

/** Something more that a step wants to know. */
interface More {
  readonly element: HTMLElement;
  value(): object;
}

/** Percent by live arm; the control takes the rest, as it does at the command line. */
function weightsOf(arms: readonly ExperimentArm[]): More {
  const live = arms.filter(({ shadow }) => !shadow);
  const rest = h("output", {}, "");
  const fields = live
    .filter(({ control, stopped }) => !control && stopped === "")
    .map(({ name, weight }) => ({ name, field: h("input", { type: "number", min: "0", max: "100", step: "0.01", required: true, value: weight, oninput: () => tell() }) }));
  const fixed = live.filter(({ control, stopped }) => !control && stopped !== "").reduce((sum, { weight }) => sum + weight, 0);
  const tell = () => {
    const left = fields.reduce((sum, { field }) => sum - field.valueAsNumber, 100 - fixed);
    rest.textContent = Number.isFinite(left) ? `${Math.round(left * 100) / 100} %` : "–";
  };
  tell();
  const control = live.find(({ control }) => control)?.name ?? "the control";
  const element = h(
    "div",
    { class: "row" },
    ...fields.map(({ name, field }) => h("label", { class: "field" }, `${name}, in percent`, field)),
    h("p", { class: "note" }, `${control} takes the rest: `, rest),
  );
  return { element, value: () => ({ weights: Object.fromEntries(fields.map(({ name, field }) => [name, field.valueAsNumber])) }) };
}

function choiceOf(arms: readonly ExperimentArm[]): More {
  const choice = h("select", {}, ...arms.map(({ name, model }) => h("option", { value: name }, `${name} (${model})`)));
  return { element: h("label", { class: "field" }, "Which arm", choice), value: () => ({ arm: choice.value }) };
}
