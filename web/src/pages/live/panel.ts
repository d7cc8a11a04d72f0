import type { Client, Event, Final, Interim } from "@undertone/client";
import { Picture } from "../../charts/canvas";
import { fill, h } from "../../dom";
import { percent, plural, time } from "../../ui/format";
import { failed } from "../../ui/notice";
import { Shares } from "../../ui/shares";
import { Bands } from "./bands";
import { Finals } from "./finals";
import type { Branch } from "./fork";
import { Latency } from "./latency";
import { Span } from "./span";

/** Audio between updates: short enough to be seen moving. */
const HOP_SECONDS = 0.2;
/** How often the words about latency change. */
const TELL_EVERY_MS = 300;

/** A version that can be asked. */
export interface Offered {
  /** NAME@VERSION; empty for none. */
  readonly name: string;
  readonly told: string;
  readonly labels: readonly string[];
}

/** What one model says about the audio. */
export class Panel {
  readonly element: HTMLElement;
  readonly #choice: HTMLSelectElement;
  readonly #picture: Picture;
  readonly #shares = new Shares();
  readonly #now = h("p", { class: "now" }, "nothing heard yet");
  readonly #late = h("p", { class: "late" }, "Latency: nothing was answered yet.");
  readonly #trouble = h("div", {});
  readonly #finals = new Finals();
  #bands = new Bands();
  #span = new Span(undefined, true);
  #latency = new Latency();
  #toldAt = 0;

  constructor(title: string, models: readonly Offered[], chosen: string, signal: AbortSignal) {
    const options = models.map(({ name, told }) => h("option", { value: name, selected: name === chosen }, told));
    this.#choice = h("select", {}, ...options);
    this.#picture = new Picture("No answers yet", (area) => this.#bands.draw(area, this.#span), signal);
    this.#picture.element.className = "bands";
    const labels = () => this.#shares.begin(models.find(({ name }) => name === this.model)?.labels ?? []);
    this.#choice.addEventListener("change", labels);
    labels();
    this.element = h(
      "section",
      { class: "card panel", "aria-label": title },
      h("label", { class: "choice" }, h("span", {}, title), this.#choice),
      h("div", { class: "now-box" }, this.#now, this.#shares.element),
      this.#trouble,
      h("figure", {}, h("figcaption", {}, "Emotions over time"), this.#picture.element),
      this.#late,
      h("h3", {}, "Utterances"),
      this.#finals.element,
    );
  }

  get model(): string {
    return this.#choice.value;
  }

  /** No other model can be chosen while one answers. */
  set isBusy(busy: boolean) {
    this.#choice.disabled = busy;
  }

  /** Audio until `heard`, in seconds, was there at `at`, in milliseconds. */
  capture(heard: number, at: number): void {
    this.#latency.capture(heard, at);
    this.#picture.redraw();
  }

  redraw(): void {
    this.#picture.redraw();
  }

  /** Hears what comes out of `branch` to its end; `note` is told every event. */
  async listen(client: Client, branch: Branch, span: Span, { signal, note }: Listening): Promise<void> {
    this.#begin(span);
    try {
      const asked = { model: this.model, interim: true, hop: HOP_SECONDS, labels: { client: "console" }, signal };
      for await (const event of client.stream(branch, asked)) {
        this.#take(event);
        note(event);
      }
    } catch (error) {
      if (!signal.aborted) fill(this.#trouble, failed(error), ownName());
    } finally {
      branch.leave();
      this.#tellLatency();
    }
  }

  #begin(span: Span): void {
    this.#span = span;
    this.#bands = new Bands();
    this.#latency = new Latency();
    this.#trouble.replaceChildren();
    this.#finals.clear();
    this.#now.textContent = "listening";
    this.#picture.describe("No answers yet");
  }

  #take(event: Event): void {
    if (event.type === "started") {
      this.#bands.begin(event.labels);
      this.#shares.begin(event.labels);
    } else if (event.type === "interim" || event.type === "final") {
      this.#answer(event);
    } else if (event.type === "warning") {
      fill(this.#trouble, h("p", { class: "warning", role: "status" }, event.message));
    }
  }

  #answer(result: Interim | Final): void {
    this.#bands.take(result);
    this.#shares.show(result.probabilities, result.top);
    const word = result.abstained ? "unsure" : result.shown;
    fill(this.#now, h("strong", {}, word), ` ${percent(result.confidence)}`);
    this.#latency.note(result.audioProcessed, performance.now());
    if (result.type === "final") {
      this.#finals.add(result);
      this.#picture.describe(this.#described());
    }
    if (performance.now() - this.#toldAt > TELL_EVERY_MS) this.#tellLatency();
    this.#picture.redraw();
  }

  #tellLatency(): void {
    this.#toldAt = performance.now();
    if (!this.#span.isPaced) {
      this.#late.textContent = "Latency: none, since the recording came faster than it was spoken.";
      return;
    }
    const [half, most] = [this.#latency.quantile(0.5), this.#latency.quantile(0.95)];
    if (half === undefined || most === undefined) return;
    this.#late.textContent = `Latency: half of ${plural(this.#latency.answers, "answer")} within ${time(half)}, 95 of 100 within ${time(most)}.`;
  }

  #described(): string {
    const said = this.#bands.finals.map((own) => `utterance ${own.utterance} ${own.abstained ? "unsure" : own.top} ${percent(own.confidence)}`);
    return `Probabilities over time; ${said.join(", ")}`;
  }
}

/** What goes with a stream. */
export interface Listening {
  readonly signal: AbortSignal;
  readonly note: (event: Event) => void;
}

/** A server takes streams of its own pages where it was called by an address; other names may be a stranger's. */
function ownName(): HTMLElement | null {
  const host = location.hostname;
  if (host === "localhost" || /^[\d.]+$|^\[/.test(host)) return null;
  return h(
    "p",
    { class: "note" },
    "This page was opened under a name. The server takes streams from it where its settings say so: ",
    h("code", {}, `http.allowed_origins = "${location.origin}"`),
    ".",
  );
}
