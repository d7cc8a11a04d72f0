import type { Final, Interim } from "@undertone/client";
import type { Area } from "../../charts/canvas";
import { colour, inOrder, themed } from "../../ui/emotions";
import { drawAxis, type Span } from "./span";

/** Of the row of final results, below the bands. */
const FINALS_HEIGHT = 26;
const GAP = 4;
/** Utterances that are kept, of each its updates. */
const MOST_UTTERANCES = 500;

/** What a model said over time: probabilities as bands while somebody speaks, and final results below them. */
export class Bands {
  #labels: string[] = [];
  /** In order of time; what is said of an utterance in order of its ends. */
  readonly #said = new Map<number, (Interim | Final)[]>();

  /** The last words, in order of time. */
  get finals(): Final[] {
    return [...this.#said.values()].flatMap((own) => own.filter((result) => result.type === "final"));
  }

  begin(labels: readonly string[]): void {
    this.#labels = inOrder(labels);
  }

  take(result: Interim | Final): void {
    // A stream that is taken up again repeats updates.
    const before = (this.#said.get(result.utterance) ?? []).filter((own) => own.end < result.end || own.type !== result.type);
    this.#said.set(result.utterance, [...before, result]);
    const [oldest] = this.#said.keys();
    if (this.#said.size > MOST_UTTERANCES && oldest !== undefined) this.#said.delete(oldest);
  }

  draw(area: Area, span: Span): void {
    const floor = drawAxis(area, span) - FINALS_HEIGHT - GAP;
    for (const said of this.#said.values()) {
      const last = said.at(-1);
      if (last === undefined || last.end < span.from) continue;
      this.#drawUtterance(area, span, said, floor);
      if (last.type === "final") this.#drawFinal(area, span, last, floor + GAP);
    }
  }

  #drawUtterance({ context, width }: Area, span: Span, updates: readonly (Interim | Final)[], floor: number): void {
    const first = updates[0];
    if (first === undefined) return;
    const xs = [first.start, ...updates.map((own) => own.end)].map((at) => span.x(at, width));
    const columns = [first, ...updates].map((own) => own.probabilities);
    let lower = columns.map(() => 0);
    for (const label of this.#labels) {
      const upper = columns.map((own, place) => (lower[place] ?? 0) + (own[label] ?? 0));
      context.fillStyle = colour(label);
      context.beginPath();
      for (const [place, x] of xs.entries()) context.lineTo(x, floor * (1 - (upper[place] ?? 0)));
      for (const [place, x] of [...xs.entries()].reverse()) context.lineTo(x, floor * (1 - (lower[place] ?? 0)));
      context.fill();
      lower = upper;
    }
  }

  #drawFinal({ context, width }: Area, span: Span, final: Final, top: number): void {
    const left = span.x(final.start, width);
    const wide = Math.max(2, span.x(final.end, width) - left - 1);
    context.fillStyle = final.abstained ? themed("--line-strong") : colour(final.top);
    context.beginPath();
    context.roundRect(left, top, wide, FINALS_HEIGHT - GAP, 4);
    context.fill();
    context.save();
    context.clip();
    context.fillStyle = themed("--on-colour");
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(final.abstained ? "unsure" : final.top, Math.max(left, 0) + 6, top + (FINALS_HEIGHT - GAP) / 2 + 1);
    context.restore();
  }
}
