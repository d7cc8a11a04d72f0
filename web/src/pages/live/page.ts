import { connect } from "@undertone/client";
import { Models, ModelVersion_State } from "@undertone/client/v1";
import { Picture } from "../../charts/canvas";
import { fill, h } from "../../dom";
import { storedKey } from "../../server/key";
import { call } from "../../server/rpc";
import { clock } from "../../ui/format";
import { empty, failed, told, waiting } from "../../ui/notice";
import type { Page } from "../../ui/shell";
import { Fork } from "./fork";
import { type Offered, Panel } from "./panel";
import { microphone, recording, type Sound } from "./sound";
import { drawAxis, Span } from "./span";
import { Wave } from "./wave";

/** Speak, or drop a file, and see what two models hear in it. */
export const live: Page = {
  name: "live",
  title: "Live",
  async show(main, { signal }) {
    main.append(h("h1", {}, "Live"), waiting("Asking which models there are …"));
    try {
      const models = await served(signal);
      fill(main, h("h1", {}, "Live"));
      if (models.length === 0) main.append(noModels());
      else main.append(...new Stage(models, signal).elements);
    } catch (error) {
      if (!signal.aborted) fill(main, h("h1", {}, "Live"), failed(error));
    }
  },
};

/** The versions that take streams, the default one first. */
async function served(signal: AbortSignal): Promise<Offered[]> {
  const { models, versions } = await call(Models.method.listModels, {}, signal);
  const isDefault = (own: string) =>
    models.some(({ isDefault, reference }) => isDefault && `${reference?.name}@${reference?.version}` === own);
  const ready = versions.filter(({ state }) => state === ModelVersion_State.READY);
  const names = ready.map(({ reference }) => `${reference?.name}@${reference?.version}`);
  names.sort((a, b) => Number(isDefault(b)) - Number(isDefault(a)));
  const labels = (own: string) => models.find(({ reference }) => `${reference?.name}@${reference?.version}` === own)?.labels ?? [];
  return names.map((name) => ({ name, labels: labels(name), told: name.replace("@", " ") + (isDefault(name) ? " (default)" : "") }));
}

function noModels(): HTMLElement {
  const link = h("a", { href: "#/models" }, "The page of models");
  return empty("No model is ready.", link, " says what was refused and why. A bundle in the server's folder of models is served.");
}

/** The controls, the waveform, and a panel for each of two models. */
class Stage {
  readonly elements: HTMLElement[];
  readonly #panels: Panel[];
  readonly #picture: Picture;
  readonly #speak = h("button", { type: "button", class: "primary", onclick: () => void this.#listen(microphone) }, "Speak");
  readonly #stop = h("button", { type: "button", hidden: true, onclick: () => void this.#sound?.stop() }, "Stop");
  readonly #file = h("input", { type: "file", id: "file", accept: "audio/*", onchange: () => this.#take(this.#file.files) });
  readonly #drop: HTMLElement;
  readonly #paced = h("input", { type: "checkbox", checked: true });
  readonly #audible = h("input", { type: "checkbox" });
  readonly #state = h("p", { class: "listening", role: "status" }, "Speak, or choose a recording. It goes to this server and nowhere else.");
  /** Beside the words, so that screen readers are not told every tenth of a second. */
  readonly #clock = h("span", { class: "clock" });
  readonly #trouble = h("div", {});
  #span = new Span(undefined, true);
  #wave: Wave | undefined;
  #sound: Sound | undefined;

  constructor(
    models: readonly Offered[],
    readonly signal: AbortSignal,
  ) {
    const first = models[0]?.name ?? "";
    const family = (name: string) => name.split("@")[0];
    const second = models.find(({ name }) => family(name) !== family(first)) ?? models[1];
    const none = { name: "", told: "no second model", labels: [] };
    this.#panels = [
      new Panel("First model", models, first, signal),
      new Panel("Second model", [...models, none], second?.name ?? "", signal),
    ];
    this.#picture = new Picture("Waveform", (area) => (this.#wave ? this.#wave.draw(area, this.#span) : drawAxis(area, this.#span)), signal);
    this.#picture.element.className = "wave";
    this.#drop = this.#dropZone();
    const panels = h("div", { class: "panels" }, ...this.#panels.map((panel) => panel.element));
    const caution = "A model tells how something sounds to it, and may be wrong. It does not know what anybody feels.";
    this.elements = [this.#controls(), panels, h("p", { class: "note caution" }, caution)];
    signal.addEventListener("abort", () => void this.#sound?.stop());
  }

  #dropZone(): HTMLElement {
    const drop = h(
      "label",
      { class: "drop", for: "file" },
      h("span", { class: "drop-title" }, "Choose a recording"),
      h("span", { class: "note" }, "or drop one here: WAV, FLAC, MP3, Ogg, M4A"),
      this.#file,
    );
    drop.addEventListener("dragover", (event) => event.preventDefault());
    drop.addEventListener("dragenter", () => drop.classList.add("is-over"));
    drop.addEventListener("dragleave", () => drop.classList.remove("is-over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("is-over");
      this.#take(event.dataTransfer?.files ?? null);
    });
    return drop;
  }

  #controls(): HTMLElement {
    const manner = h(
      "fieldset",
      { class: "manner" },
      h("legend", {}, "Recordings"),
      h("label", {}, this.#paced, "at the pace they were spoken"),
      h("label", {}, this.#audible, "play them"),
    );
    return h(
      "section",
      { class: "card", "aria-label": "Sound" },
      h("div", { class: "controls" }, h("div", { class: "buttons" }, this.#speak, this.#stop), this.#drop, manner),
      this.#trouble,
      h("figure", {}, h("figcaption", { class: "state" }, this.#state, this.#clock), this.#picture.element),
    );
  }

  #take(files: FileList | null): void {
    const file = files?.[0];
    const manner = { paced: this.#paced.checked, audible: this.#audible.checked };
    if (file !== undefined && this.#stop.hidden) void this.#listen(() => recording(file, manner));
    this.#file.value = "";
  }

  /** Has both models hear a sound to its end. */
  async #listen(open: () => Promise<Sound>): Promise<void> {
    this.#trouble.replaceChildren();
    this.#busy(true);
    // What was heard before is not what is heard now.
    this.#state.textContent = "Opening the sound …";
    try {
      this.#sound = await open();
      await this.#hear(this.#sound);
    } catch (error) {
      fill(this.#trouble, h("p", { class: "warning", role: "alert" }, told(error)));
      this.#state.textContent = "Nothing was heard.";
    } finally {
      await this.#sound?.stop().catch(() => undefined);
      this.#sound = undefined;
      this.#busy(false);
    }
  }

  async #hear(sound: Sound): Promise<void> {
    const fork = new Fork(sound.format);
    const span = new Span(sound.length, sound.isPaced);
    const wave = new Wave(sound.format.sampleRate ?? 0);
    [this.#span, this.#wave] = [span, wave];
    const key = storedKey();
    const client = connect(location.origin, key === undefined ? {} : { apiKey: key });
    const ended = this.#panels.map((panel, place) => {
      if (panel.model === "") return Promise.resolve();
      const note = (event: { type: string; offset?: number }) => {
        // Where somebody speaks is the same for every model; the first one tells.
        if (place === 0 && event.type.startsWith("speech_")) wave.speech(event.type === "speech_begin", event.offset ?? 0);
      };
      return panel.listen(client, fork.branch(), span, { signal: this.signal, note });
    });
    this.#state.textContent = `Listening to ${sound.name}.`;
    for await (const chunk of sound.chunks) {
      wave.take(chunk);
      span.heard = wave.length;
      for (const panel of this.#panels) panel.capture(wave.length, performance.now());
      this.#picture.redraw();
      this.#clock.textContent = clock(wave.length);
      await fork.push(chunk);
      if (fork.isIdle) break;
    }
    fork.end();
    this.#clock.textContent = "";
    this.#state.textContent = "Waiting for the last answers …";
    await Promise.all(ended);
    client.close();
    span.isOver = true;
    this.#state.textContent = `Heard ${clock(wave.length)} of ${sound.name}.`;
    this.#picture.redraw();
    for (const panel of this.#panels) panel.redraw();
  }

  #busy(busy: boolean): void {
    this.#speak.hidden = busy;
    this.#stop.hidden = !busy;
    this.#file.disabled = busy;
    this.#drop.classList.toggle("is-busy", busy);
    for (const panel of this.#panels) panel.isBusy = busy;
  }
}
