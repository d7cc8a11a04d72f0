import { type Experiment, Experiments } from "@undertone/client/v1";
import { fill, h } from "../../dom";
import { call } from "../../server/rpc";
import { moment, seconds } from "../../ui/format";
import { empty, failed, waiting } from "../../ui/notice";
import type { Page } from "../../ui/shell";
import { badge } from "./badge";
import { shown } from "./shown";
import { armOf } from "./steps";

/** Which experiments there are, and what each of them says. */
export const experiments: Page = {
  name: "experiments",
  title: "Experiments",
  show(main, { rest, signal }) {
    if (rest !== "") {
      void shown(main, rest, signal);
      return;
    }
    const list = h("div", { class: "stack" }, waiting("Asking which experiments there are …"));
    main.append(h("h1", {}, "Experiments"), list);
    void call(Experiments.method.listExperiments, {}, signal).then(
      ({ experiments }) => fill(list, ...(experiments.length === 0 ? [nothing()] : experiments.map(one))),
      (error: unknown) => !signal.aborted && fill(list, failed(error)),
    );
  },
};

function nothing(): HTMLElement {
  return empty(
    "There are no experiments.",
    "An experiment gives some people one model and others another, and says when enough is known. ",
    h("code", {}, "undertone experiments create FILE"),
    " keeps a definition, ",
    h("code", {}, "examples/experiments/cnn-vs-lstm.toml"),
    " is one to begin with, and docs/experiments.md tells the rest.",
  );
}

function one(own: Experiment): HTMLElement {
  const arms = own.arms.map((arm) => armOf(arm, own.chosen));
  return h(
    "section",
    { class: "card", "aria-label": own.name },
    h("h2", {}, h("a", { href: `#/experiments/${encodeURIComponent(own.name)}` }, own.name), " ", badge(own.state)),
    h("ul", { class: "arms" }, ...arms),
    h("p", { class: "note" }, `Revision ${own.revision}, changed ${moment(new Date(seconds(own.updatedAt) * 1000))}`),
  );
}
