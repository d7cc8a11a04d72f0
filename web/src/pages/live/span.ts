import type { Area } from "../../charts/canvas";
import { themed } from "../../ui/emotions";
import { clock } from "../../ui/format";

/** Seconds that are in view while audio comes without an end. */
const WINDOW_SECONDS = 20;
/** A recording up to this long is in view whole from its start. */
const WHOLE_SECONDS = 60;
const AXIS_HEIGHT = 18;
const STEPS = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800];
const STEP_PIXELS = 70;

/** The part of the audio that all pictures of a page show, in seconds. */
export class Span {
  heard = 0;
  isOver = false;

  /** `length` of the audio in seconds, if it is known; `isPaced` where it comes as fast as it is spoken. */
  constructor(
    readonly length: number | undefined,
    readonly isPaced: boolean,
  ) {}

  get from(): number {
    return this.#isWhole ? 0 : Math.max(0, this.heard - WINDOW_SECONDS);
  }

  get to(): number {
    if (this.isOver) return Math.max(this.heard, 1);
    if (this.#isWhole) return this.length ?? WINDOW_SECONDS;
    return Math.max(this.heard, WINDOW_SECONDS);
  }

  /** Where a moment is in a picture so many pixels wide. */
  x(seconds: number, width: number): number {
    return ((seconds - this.from) / (this.to - this.from)) * width;
  }

  get #isWhole(): boolean {
    return this.isOver || (this.length !== undefined && this.length <= WHOLE_SECONDS);
  }
}

/** Draws the time along the lower edge; gives the height above it. */
export function drawAxis({ context, width, height }: Area, span: Span): number {
  const floor = height - AXIS_HEIGHT;
  const seconds = span.to - span.from;
  const step = STEPS.find((own) => (own / seconds) * width >= STEP_PIXELS) ?? 3600;
  context.fillStyle = themed("--ink-soft");
  context.strokeStyle = themed("--line");
  context.lineWidth = 1;
  context.textBaseline = "bottom";
  for (let at = Math.ceil(span.from / step) * step; at <= span.to + 1e-9; at += step) {
    const x = span.x(at, width);
    context.beginPath();
    context.moveTo(Math.round(x) + 0.5, 0);
    context.lineTo(Math.round(x) + 0.5, floor);
    context.stroke();
    context.textAlign = x < 20 ? "left" : x > width - 20 ? "right" : "center";
    context.fillText(clock(at), x, height);
  }
  return floor;
}
