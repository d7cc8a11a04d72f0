import { fill, h } from "../../dom";
import { figures } from "../../server/analytics";
import { failed, waiting } from "../../ui/notice";
import type { Page } from "../../ui/shell";
import { agreementOf } from "./agreement";
import { confidenceOf } from "./confidence";
import { driftOf } from "./drift";
import { emotionsOf } from "./emotions";
import { form } from "./form";
import { judgementsOf } from "./judgements";
import { latencyOf } from "./latency";
import { question, range, readQuery } from "./query";
import { trainingOf } from "./training";

/** What was recorded: the figures of the Analytics service as pictures. */
export const analytics: Page = {
  name: "analytics",
  title: "Analytics",
  show(main, { asked, signal }) {
    const query = readQuery(asked);
    const now = Date.now() / 1000;
    const shown = { ...range(query, now), by: query.groups, signal };
    const grouped = question(query, now, { grouped: true, filtered: true });
    const section = (title: string, note: string, ask: () => Promise<HTMLElement[]>) => {
      const body = h("div", { class: "stack" }, waiting("Asking the server …"));
      void ask().then(
        (elements) => fill(body, ...elements),
        (error: unknown) => !signal.aborted && fill(body, failed(error)),
      );
      return h("section", { class: "card" }, h("h2", {}, title), h("p", { class: "note" }, note), body);
    };
    main.append(
      h("h1", {}, "Analytics"),
      form(query),
      section("Emotions", "Share of final answers by their most probable label.", async () =>
        emotionsOf(await figures("emotions", grouped, signal), shown),
      ),
      section("Confidence", "How sure the answers were: number of answers by the probability of their label.", async () =>
        confidenceOf(await figures("confidence", grouped, signal), query.groups),
      ),
      section("Judged answers", "How often answers were right, by what people said of them.", async () =>
        judgementsOf(await figures("judgements", grouped, signal), query.groups),
      ),
      section("Agreement of models", "What models said about the same utterances, as shadows of an experiment do. Of the filters only the time counts.", async () =>
        agreementOf(await figures("agreement", question(query, now, { grouped: false, filtered: false }), signal)),
      ),
      section("Time of the server", "Where an answer's time went: waiting for a worker, decoding and features, the model's run.", async () =>
        latencyOf(await figures("latency", grouped, signal), shown),
      ),
      section("Drift", "How far the answers are from those of the time of the same length before.", async () =>
        driftOf(await figures("drift", question(query, now, { grouped: true, filtered: true, reference: true }), signal), query.groups),
      ),
      section("Drift from the training", "How far what was heard and answered is from the clips that each model learnt from.", async () =>
        trainingOf(await figures("training-drift", question(query, now, { grouped: false, filtered: true }), signal)),
      ),
    );
  },
};

/** What a section is drawn for. */
export interface Shown {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  /** What groups are told apart by. */
  readonly by: readonly string[];
  readonly signal: AbortSignal;
}
