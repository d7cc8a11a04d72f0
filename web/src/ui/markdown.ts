import { h } from "../dom";

/** What model cards use of Markdown, as elements: headings, paragraphs, lists, tables, code, emphasis. Links stay text. */
export function markdown(text: string): HTMLElement[] {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const blocks: HTMLElement[] = [];
  for (let at = 0; at < lines.length; ) {
    const { element, next } = block(lines, at);
    if (element !== undefined) blocks.push(element);
    at = next;
  }
  return blocks;
}

const STARTS = /^(#{1,6} |```|\||[-*] |\d+\. )/;

function block(lines: readonly string[], at: number): { element: HTMLElement | undefined; next: number } {
  const line = lines[at] ?? "";
  if (line.trim() === "") return { element: undefined, next: at + 1 };
  const heading = /^(#{1,6}) (.*)$/.exec(line);
  // The page has a heading of its own above them.
  if (heading) return { element: h(heading[1]?.length === 1 ? "h3" : "h4", {}, ...inline(heading[2] ?? "")), next: at + 1 };
  if (line.startsWith("```")) {
    const end = lines.indexOf("```", at + 1);
    const next = end < 0 ? lines.length : end;
    return { element: h("pre", { tabindex: "0" }, lines.slice(at + 1, next).join("\n")), next: next + 1 };
  }
  if (line.startsWith("|")) return run(lines, at, (own) => own.startsWith("|"), rows);
  if (/^[-*] /.test(line)) return items(lines, at, /^[-*] /, "ul");
  if (/^\d+\. /.test(line)) return items(lines, at, /^\d+\. /, "ol");
  const isText = (own: string, place: number) => own.trim() !== "" && (place === at || !STARTS.test(own));
  return run(lines, at, isText, (own) => h("p", {}, ...inline(own.join(" "))));
}

function run(
  lines: readonly string[],
  at: number,
  belongs: (line: string, place: number) => boolean,
  make: (lines: readonly string[]) => HTMLElement,
): { element: HTMLElement; next: number } {
  let next = at;
  while (next < lines.length && belongs(lines[next] ?? "", next)) next += 1;
  return { element: make(lines.slice(at, next)), next };
}

function items(lines: readonly string[], at: number, mark: RegExp, tag: "ul" | "ol"): { element: HTMLElement; next: number } {
  const belongs = (line: string) => mark.test(line) || /^\s+\S/.test(line);
  return run(lines, at, belongs, (own) => {
    const texts: string[] = [];
    for (const line of own) {
      if (mark.test(line)) texts.push(line.replace(mark, ""));
      else texts.push(`${texts.pop() ?? ""} ${line.trim()}`);
    }
    return h(tag, {}, ...texts.map((text) => h("li", {}, ...inline(text))));
  });
}

function rows(lines: readonly string[]): HTMLElement {
  const cells = lines.map((line) => line.replace(/^\||\|\s*$/g, "").split("|").map((cell) => cell.trim()));
  const [head, ...body] = cells.filter((row) => !row.every((cell) => /^:?-+:?$/.test(cell)));
  const titles = (head ?? []).map((cell) => h("th", { scope: "col" }, ...inline(cell)));
  const rest = body.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, ...inline(cell)))));
  const own = h("table", {}, h("thead", {}, h("tr", {}, ...titles)), h("tbody", {}, ...rest));
  return h("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Table of the card" }, own);
}

function inline(text: string): (Node | string)[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\)|<https?:[^>]+>)/).map((part) => {
    if (/^`.+`$/.test(part)) return h("code", {}, part.slice(1, -1));
    if (/^\*\*.+\*\*$/.test(part)) return h("strong", {}, part.slice(2, -2));
    const link = /^\[(.+)\]\((.+)\)$/.exec(part);
    return link ? `${link[1]} (${link[2]})` : part.replace(/^<(https?:.+)>$/, "$1");
  });
}
