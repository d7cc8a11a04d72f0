/** Labels that have a colour of their own, from the unpleasant to the pleasant: in this order they are stacked. */
const KNOWN = ["angry", "disgust", "fearful", "sad", "neutral", "calm", "surprised", "happy"];
/** Colours for labels of other models. */
const OTHERS = 6;

/** Labels in the order in which they are drawn. */
export function inOrder(labels: Iterable<string>): string[] {
  const place = (label: string) => (KNOWN.includes(label) ? KNOWN.indexOf(label) : KNOWN.length);
  return [...new Set(labels)].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

/** The class that brings a label's colour as `--own`. */
export function colourClass(label: string): string {
  return KNOWN.includes(label) ? `is-${label}` : `is-other-${hash(label) % OTHERS}`;
}

/** A label's colour, for canvases. */
export function colour(label: string): string {
  const name = KNOWN.includes(label) ? label : `other-${hash(label) % OTHERS}`;
  return themed(`--emotion-${name}`);
}

/** What the style sheet says about a colour now. */
export function themed(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Calls `redraw` when the system changes between light and dark, until the element is gone. */
export function onTheme(redraw: () => void, signal: AbortSignal): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw, { signal });
}

function hash(text: string): number {
  return [...text].reduce((sum, sign) => (sum * 31 + (sign.codePointAt(0) ?? 0)) >>> 0, 7);
}
