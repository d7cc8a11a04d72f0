import { type LiveStream, Streams } from "@undertone/client/v1";
import { fill, h } from "../dom";
import { call } from "../server/rpc";
import { percent, plural, seconds, time } from "../ui/format";
import { empty, failed, waiting } from "../ui/notice";
import { repeat } from "../ui/repeat";
import { swatch } from "../ui/shares";
import type { Page } from "../ui/shell";
import { listing } from "../ui/table";

const EVERY_MS = 1500;
const COLUMNS = [
  { title: "Stream" },
  { title: "Model" },
  { title: "Now" },
  { title: "Latest answer" },
  { title: "Utterances", isNumber: true },
  { title: "Heard", isNumber: true },
  { title: "Open for", isNumber: true },
  { title: "Tenant" },
  { title: "Subject" },
  { title: "Labels" },
];

/** Which streams are open at this server now. */
export const streams: Page = {
  name: "streams",
  title: "Streams",
  show(main, { signal }) {
    const told = h("p", { class: "lead", role: "status" });
    const list = h("div", {}, waiting("Asking which streams are open …"));
    main.append(h("h1", {}, "Streams"), told, list);
    void repeat(EVERY_MS, signal, async () => {
      try {
        const { streams, open } = await call(Streams.method.listStreams, {}, signal);
        told.textContent = open === 0 ? "" : lead(open, streams.length);
        show(list, streams);
      } catch (error) {
        if (signal.aborted) return;
        told.textContent = "";
        fill(list, failed(error));
      }
    });
  },
};

function listed(streams: readonly LiveStream[]): HTMLElement {
  return h("section", { class: "card", "aria-label": "Open streams" }, listing("The newest first", COLUMNS, streams.map(row)));
}

/** Exchanges the rows alone where there is a table, so that it stays scrolled and focused as it is. */
function show(list: HTMLElement, streams: readonly LiveStream[]): void {
  const fresh = streams.length === 0 ? nothing() : listed(streams);
  const [rows, old] = [fresh, list].map((own) => own.querySelector("tbody"));
  if (rows && old) old.replaceWith(rows);
  else fill(list, fresh);
}

function lead(open: number, shown: number): string {
  const rest = open > shown ? `; the newest ${shown} are shown` : "";
  return `${plural(open, "stream is", "streams are")} open at this server${rest}.`;
}

function nothing(): HTMLElement {
  const link = h("a", { href: "#/live" }, "Live");
  return empty("No stream is open at this server.", "One begins when somebody speaks on ", link, ", or with ", h("code", {}, "undertone recognize --stream FILE"), ".");
}

function row(stream: LiveStream): (Node | string | number)[] {
  const { model, subjectKey, labels } = stream;
  const since = Date.now() / 1000 - seconds(stream.openedAt);
  const newest = stream.top === "" ? "none yet" : h("span", { class: "said" }, swatch(stream.top), `${stream.top} ${percent(stream.confidence)}`);
  const id = h("code", { title: stream.streamId }, stream.streamId.slice(-8));
  const words = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return [
    id,
    `${model?.name} ${model?.version}`,
    h("span", { class: stream.speaking ? "badge is-good" : "badge" }, stream.speaking ? "speaking" : "silent"),
    newest,
    stream.utterances,
    time(seconds(stream.audioHeard)),
    time(Math.max(0, since)),
    stream.tenant,
    subjectKey === "" ? "–" : h("code", {}, subjectKey.length > 12 ? `${subjectKey.slice(0, 12)}…` : subjectKey),
    words.join(", ") || "–",
  ];
}
