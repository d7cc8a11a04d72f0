import {
  type ListModelsResponse,
  Models,
  type ModelVersion,
  ModelVersion_State as State,
} from "@undertone/client/v1";
import { fill, h } from "../../dom";
import { call } from "../../server/rpc";
import { confirmed } from "../../ui/confirm";
import { empty, failed, told, waiting } from "../../ui/notice";
import { repeat } from "../../ui/repeat";
import type { Page } from "../../ui/shell";
import { listing } from "../../ui/table";
import { card } from "./card";

const STATES: Record<State, [word: string, kind: string]> = {
  [State.UNSPECIFIED]: ["not known", ""],
  [State.LOADING]: ["loading", "is-busy"],
  [State.READY]: ["ready", "is-good"],
  [State.DRAINING]: ["draining", "is-busy"],
  [State.REFUSED]: ["refused", "is-bad"],
  [State.UNLOADED]: ["unloaded", ""],
};
const COLUMNS = [{ title: "Version" }, { title: "State" }, { title: "Streams", isNumber: true }, { title: "Used for" }, { title: "Signed by" }, { title: "" }];

/** Which versions there are, what becomes of them, and how that is changed. */
export const models: Page = {
  name: "models",
  title: "Models",
  show(main, { signal }) {
    const shelf = new Shelf(signal);
    main.append(h("h1", {}, "Models"), shelf.element);
    void repeat(EVERY_MS, signal, () => shelf.look());
  },
};

/** How often it is looked: versions load, drain and fail by themselves. */
const EVERY_MS = 2000;

class Shelf {
  readonly element: HTMLElement;
  readonly #versions = h("div", {}, waiting("Asking which models there are …"));
  readonly #cards = h("div", { class: "cards" });
  /** What was told last, by what it is about. */
  readonly #shown = new Map<string, string>();
  readonly #said = h("p", { class: "said-last", role: "status" });

  constructor(readonly signal: AbortSignal) {
    this.element = h("div", { class: "stack" }, this.#versions, this.#said, this.#loader(), this.#cards);
  }

  async look(): Promise<void> {
    try {
      const listed = await call(Models.method.listModels, {}, this.signal);
      if (this.#isNews("versions", [listed.versions, listed.refused])) this.#exchange(this.#listed(listed));
      // A card that somebody reads stays open.
      if (this.#isNews("models", listed.models)) fill(this.#cards, ...listed.models.map(card));
    } catch (error) {
      this.#shown.clear();
      if (!this.signal.aborted) fill(this.#versions, failed(error));
    }
  }

  /** Whether it differs from what is shown. */
  #isNews(what: string, told: unknown): boolean {
    const text = JSON.stringify(told);
    const isNews = this.#shown.get(what) !== text;
    this.#shown.set(what, text);
    return isNews;
  }

  /** The button that has the focus keeps it. */
  #exchange(elements: HTMLElement[]): void {
    const focused = this.#versions.contains(document.activeElement) ? document.activeElement?.getAttribute("aria-label") : null;
    fill(this.#versions, ...elements);
    for (const button of this.#versions.querySelectorAll("button")) {
      if (focused !== null && button.getAttribute("aria-label") === focused) button.focus();
    }
  }

  #listed({ versions, refused, models }: ListModelsResponse): HTMLElement[] {
    const isDefault = (name: string) =>
      models.some(({ isDefault, reference }) => isDefault && `${reference?.name}@${reference?.version}` === name);
    const known = new Set(versions.map(({ path }) => path));
    const rows = versions.map((version) => this.#row(version, isDefault(nameOf(version))));
    const others = refused.filter(({ path }) => !known.has(path));
    const list =
      rows.length === 0
        ? empty("The server knows of no model.", "Put a bundle into its folder of models (", h("code", {}, "models.dir"), "), or load one below.")
        : h("section", { class: "card" }, h("h2", {}, "Versions"), listing("Versions of all models", COLUMNS, rows));
    return [
      list,
      ...others.map(({ path, reason }) => h("p", { class: "warning" }, `${path} was refused: ${reason}`)),
    ];
  }

  #row(version: ModelVersion, isDefault: boolean): (Node | string | number)[] {
    const [word, kind] = STATES[version.state] ?? STATES[State.UNSPECIFIED];
    const state = h("div", {}, h("span", { class: `badge ${kind}` }, word), version.reason !== "" && h("div", { class: "note reason" }, version.reason));
    const uses = [isDefault && "streams that name no model", version.answersByName && `streams that name ${version.reference?.name}`];
    const name = h("div", {}, nameOf(version).replace("@", " "), h("div", { class: "note path", title: version.path }, shortened(version.path)));
    return [name, state, version.liveStreams, uses.filter((use) => use !== false).join("; ") || "–", version.signedBy || "nobody", this.#actions(version)];
  }

  #actions(version: ModelVersion): HTMLElement {
    const name = nameOf(version);
    const actions = h("div", { class: "actions" });
    if (version.state === State.READY) {
      actions.append(
        this.#button("Unload", `Unload ${name}`, async () => {
          const effect = "It takes no new streams from now on. Those that it has go on until they end.";
          if (await confirmed(`Unload ${name}?`, effect, "Unload")) await this.#do(`${name} is out of service.`, () => call(Models.method.unloadModel, { model: name }));
        }),
        this.#button("Roll back", `Roll back ${version.reference?.name}`, async () => {
          const effect = "The version that was served before takes new streams, as soon as it is ready; this one takes none any more.";
          const back = { name: version.reference?.name ?? "" };
          if (await confirmed(`Roll ${back.name} back?`, effect, "Roll back")) await this.#do(`${back.name} is the version before.`, () => call(Models.method.rollbackModel, back));
        }),
      );
    } else if (version.state === State.UNLOADED || version.state === State.REFUSED) {
      actions.append(this.#button("Load", `Load ${name}`, () => this.#load({ case: "path", value: version.path })));
    }
    return actions;
  }

  #button(title: string, label: string, act: () => Promise<void>): HTMLElement {
    return h("button", { type: "button", "aria-label": label, onclick: () => void act() }, title);
  }

  #loader(): HTMLElement {
    const field = h("input", { id: "load", required: true, autocomplete: "off", spellcheck: "false" });
    const submit = (event: Event) => {
      event.preventDefault();
      const value = field.value.trim();
      void this.#load({ case: value.startsWith("/") ? "path" : "model", value });
    };
    return h(
      "form",
      { class: "card loader", onsubmit: submit },
      h("h2", {}, "Load a version"),
      h("label", { for: "load" }, "NAME@VERSION in the server's folder of models, or the path of a bundle on its machine"),
      h("div", { class: "row" }, field, h("button", { type: "submit", class: "primary" }, "Load")),
      h("p", { class: "note" }, "It is checked and tried beside the versions that are served. When it is ready it takes new streams, and the version before takes none any more, as models.policy says. If it fails, nothing changes."),
    );
  }

  #load(source: { case: "model" | "path"; value: string }): Promise<void> {
    return this.#do(`${source.value} is ready.`, () => call(Models.method.loadModel, { source }));
  }

  async #do(done: string, change: () => Promise<unknown>): Promise<void> {
    this.#said.className = "said-last";
    this.#said.textContent = "The server is at it …";
    try {
      await change();
      this.#said.textContent = done;
    } catch (error) {
      this.#said.classList.add("problem");
      this.#said.textContent = told(error);
    }
    await this.look();
  }
}

function nameOf({ reference }: ModelVersion): string {
  return `${reference?.name}@${reference?.version}`;
}

/** The end of a path, which tells bundles apart. */
function shortened(path: string): string {
  const parts = path.split("/");
  return parts.length > 4 ? `…/${parts.slice(-3).join("/")}` : path;
}
