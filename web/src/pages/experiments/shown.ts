import { Experiments, type ExperimentChange, ReportFormat } from "@undertone/client/v1";
import { sequence } from "../../charts/sequence";
import { fill, h } from "../../dom";
import { call } from "../../server/rpc";
import { count, moment, percent, seconds } from "../../ui/format";
import { empty, failed, told as toldError, waiting } from "../../ui/notice";
import { table } from "../../ui/table";
import { armsOf, differencesOf, recallOf } from "./figures";
import { mannerOf, metricName, toldChange } from "./metric";
import { badge } from "./badge";
import { correctedOf } from "./corrected";
import type { Report, Timeline } from "./report";
import { segmentsOf } from "./segments";
import { steps } from "./steps";

/** Shows what one experiment says. */
export async function shown(main: HTMLElement, name: string, signal: AbortSignal): Promise<void> {
  const back = h("p", {}, h("a", { href: "#/experiments" }, "← All experiments"));
  const said = h("p", { class: "said-last", role: "status" });
  const body = h("div", { class: "stack" }, waiting("The server works the report out …"));
  main.append(back, h("h1", {}, name), said, body);
  const look = async () => {
    try {
      const [{ content }, { experiment, changes }] = await Promise.all([
        call(Experiments.method.getReport, { name, format: ReportFormat.JSON }, signal),
        call(Experiments.method.getExperiment, { name }, signal),
      ]);
      const report = JSON.parse(content) as Report;
      const next = experiment && steps(experiment, changed);
      fill(body, ...head(report), next, ...sections(report), history(changes), keep(name));
    } catch (error) {
      if (!signal.aborted) fill(body, failed(error));
    }
  };
  const changed = (sentence: string) => {
    said.textContent = sentence;
    void look();
  };
  await look();
}

function head(report: Report): HTMLElement[] {
  const decisions = report.decisions.map((sentence) => h("p", { class: "decision" }, sentence));
  const none = report.decisions.length === 0 ? [empty("Nothing can be said yet.", "It takes answers of two arms, and feedback about them.")] : [];
  return [
    h("p", { class: "lead" }, badge(report.state), ` ${report.hypothesis}`),
    h("section", { class: "card", "aria-label": "Decision" }, h("h2", {}, "Decision"), ...decisions, ...none, ...report.warnings.map(warning), ...report.stopped.map((own) => warning(`Arm ${own.arm} was stopped: ${own.reason}`))),
  ];
}

function warning(sentence: string): HTMLElement {
  return h("p", { class: "warning" }, sentence);
}

function sections(report: Report): HTMLElement[] {
  const titled = (title: string, note: string, ...children: HTMLElement[]) =>
    h("section", { class: "card" }, h("h2", {}, title), h("p", { class: "note" }, note), ...children);
  const held = percent(1 - report.alpha);
  const all = [
    report.timelines.length > 0 && h("div", { class: "cards" }, ...report.timelines.map((own) => pictureOf(report, own))),
    report.differences.length > 0 && titled("Differences", `Each arm less ${report.control}, with intervals that hold ${held} at every look.`, ...differencesOf(report)),
    titled("Recall of each emotion", "Of the utterances that were judged to be so, the share that the arm heard so.", recallOf(report)),
    titled("Arms", "Figures of each arm, with their intervals. Calibration error and kappa hold for one look.", armsOf(report)),
    pairsOf(report),
    correctedOf(report),
    segmentsOf(report),
    checksOf(report),
  ];
  return all.filter((own) => own !== false && own !== null);
}

function pictureOf(report: Report, { arm, paired, looks }: Timeline): HTMLElement {
  const metric = paired ? "accuracy" : Object.keys(report.differences.find((own) => own.arm === arm)?.changes ?? {})[0] ?? "accuracy";
  const { factor, points } = mannerOf(metric);
  const title = `${metricName(metric)} of ${arm} less ${report.control}${paired ? ", on the same audio" : ""}`;
  const scaled = looks.map(({ judged, value, interval }) => ({ judged, value: value * factor, low: interval[0] * factor, high: interval[1] * factor }));
  return h(
    "section",
    { class: "card" },
    h("h2", {}, title.charAt(0).toUpperCase() + title.slice(1)),
    h("p", { class: "note" }, "The band holds the difference at every look; where it leaves the dashed line, the arms differ."),
    sequence(scaled, title, points.trim() || "its own unit"),
  );
}

function pairsOf(report: Report): HTMLElement | null {
  const pairs = report.paired.filter((own) => own.pairs > 0);
  if (pairs.length === 0) return null;
  const columns = ["Pairs", "Same label", "Kappa", "Accuracy", "Right alone: arm", "Right alone: control"].map((title) => ({ title, isNumber: true }));
  const rows = pairs.map((own) => [
    `${own.arm} and ${report.control}`,
    count(own.pairs),
    own.agreement === null ? "–" : percent(own.agreement, 1),
    own.kappa === null ? "–" : own.kappa.toFixed(3),
    toldChange("accuracy", own.accuracy),
    count(own.only_arm_right),
    count(own.only_control_right),
  ]);
  return h("section", { class: "card" }, h("h2", {}, "On the same audio"), table("Pairs of answers about the same audio", [{ title: "Arms" }, ...columns], rows));
}

function checksOf({ checks }: Report): HTMLElement {
  const verdict = checks.ratio_mismatch ? "MISMATCH: something loses units, and no figure can be trusted before that is found" : "as the weights say";
  const rows = [
    ["Numbers of units", `${verdict} (p = ${checks.ratio_p_value.toFixed(3)} at every look)`],
    ...Object.entries(checks.exposed_units).map(([arm, units]) => [`Units of ${arm}`, count(units)]),
    ...(checks.periods.length > 1 ? checks.periods.map((own) => [`Since ${moment(new Date(own.since_micros / 1000))}`, drawn(own.arms)]) : []),
    ["Judged answers", count(checks.judged_answers)],
    ["Answers of testers, left out", count(checks.forced_answers)],
  ];
  const facts = rows.flatMap(([name = "", value = ""]) => [h("dt", {}, name), h("dd", {}, value)]);
  return h("section", { class: "card" }, h("h2", {}, "Checks"), h("dl", { class: "facts" }, ...facts));
}

/** What a time between two changes of the weights brought: `cnn 95 %: 190, lstm 5 %: 11` */
function drawn(arms: Report["checks"]["periods"][number]["arms"]): string {
  return Object.entries(arms).map(([arm, { weight, units }]) => `${arm} ${weight} %: ${count(units)}`).join(", ");
}

function history(changes: readonly ExperimentChange[]): HTMLElement {
  const columns = ["When", "What", "Who", "Why", "State"].map((title) => ({ title }));
  const rows = changes.map((own) => [moment(new Date(seconds(own.at) * 1000)), own.what, own.who || "–", own.why || "–", own.state]);
  return h("section", { class: "card" }, h("h2", {}, "Changes"), table("Who changed it", columns, rows));
}

/** The server's own page of the report needs nothing beside itself: it is there to be kept or sent. */
function keep(name: string): HTMLElement {
  const problem = h("span", { class: "problem", role: "status" });
  const fetchIt = async () => {
    try {
      const { content } = await call(Experiments.method.getReport, { name, format: ReportFormat.HTML });
      const address = URL.createObjectURL(new Blob([content], { type: "text/html" }));
      h("a", { href: address, download: `${name}.html` }).click();
      URL.revokeObjectURL(address);
    } catch (error) {
      problem.textContent = toldError(error);
    }
  };
  return h("p", {}, h("button", { type: "button", onclick: () => void fetchIt() }, "Save the report as a page"), " ", problem);
}
