import { h } from "../dom";
import { storedKey } from "../server/key";
import { askForKey } from "./keys";

/** A page of the console, by its place in the address: `#/NAME/REST?asked`. */
export interface Page {
  readonly name: string;
  readonly title: string;
  /** Fills `main`. Whatever it begins ends with `signal`, when the reader goes elsewhere. */
  show(main: HTMLElement, place: Place): void;
}

/** Where the reader is. */
export interface Place {
  /** Behind the page's name. */
  readonly rest: string;
  readonly asked: URLSearchParams;
  readonly signal: AbortSignal;
}

/** Puts header, navigation and pages on the screen; shows the page that the address names. */
export function run(pages: readonly [Page, ...Page[]]): { again: () => void } {
  const links = pages.map((page) => h("a", { href: `#/${page.name}` }, page.title));
  const key = h("button", { type: "button", class: "key", onclick: () => askForKey() });
  const main = h("main", { id: "main", tabindex: "-1" });
  document.body.prepend(
    h("a", { class: "skip", href: "#main", onclick: skip }, "Skip to the page"),
    h(
      "header",
      { class: "top" },
      h("a", { class: "brand", href: `#/${pages[0].name}` }, h("span", { class: "brand-mark", "aria-hidden": "true" }), "Undertone"),
      h("nav", { "aria-label": "Pages" }, ...links),
      serverState(),
      key,
    ),
    main,
  );
  let ended = new AbortController();
  let shown = "";
  addEventListener("hashchange", () => show());
  show();
  return { again: show };

  function show(): void {
    const [path = "", asked = ""] = location.hash.replace(/^#\/?/, "").split("?");
    const [name = "", ...rest] = path.split("/");
    const page = pages.find((own) => own.name === name) ?? pages[0];
    ended.abort();
    ended = new AbortController();
    for (const [at, link] of links.entries()) {
      if (pages[at] === page) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    key.textContent = storedKey() === undefined ? "API key" : "API key set";
    document.title = `${page.title} · Undertone`;
    main.replaceChildren();
    page.show(main, { rest: decoded(rest.join("/")), asked: new URLSearchParams(asked), signal: ended.signal });
    if (shown !== "" && shown !== path) main.focus({ preventScroll: true });
    shown = path;
  }

  function skip(event: Event): void {
    event.preventDefault();
    main.focus();
  }
}

/** An address that somebody mistyped stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const LOOK_AGAIN_MS = 10_000;

/** Whether the server takes streams, looked at now and then. */
function serverState(): HTMLElement {
  const word = h("span", {}, "asking");
  const state = h("span", { class: "server-state", role: "status" }, h("span", { class: "dot", "aria-hidden": "true" }), word);
  const look = async () => {
    try {
      const response = await fetch("/readyz", { cache: "no-store" });
      const text = (await response.text()).trim();
      state.dataset["state"] = response.ok ? "ready" : "unready";
      word.textContent = response.ok ? "ready" : "not ready";
      state.title = text;
    } catch {
      state.dataset["state"] = "away";
      word.textContent = "no answer";
      state.title = "The server does not answer.";
    }
  };
  void look();
  setInterval(() => void look(), LOOK_AGAIN_MS);
  return state;
}
