import type { Area } from "../../charts/canvas";
import { themed } from "../../ui/emotions";
import { drawAxis, type Span } from "./span";

const PEAKS_PER_SECOND = 100;
/** Quieter audio than this is not drawn larger. */
const LOUD = 0.1;
/** Ten minutes; what is older is not drawn. */
const MOST_PEAKS = PEAKS_PER_SECOND * 600;

const COLUMN_PIXELS = 3;

/** The waveform of what was heard, and where somebody spoke. */
export class Wave {
  readonly #peaks: number[] = [];
  #dropped = 0;
  #held = 0;
  #inPeak = 0;
  #samples = 0;
  readonly #speech: { begin: number; end: number | undefined }[] = [];

  constructor(readonly rate: number) {}

  /** Seconds of audio. */
  get length(): number {
    return this.#samples / this.rate;
  }

  take(chunk: Float32Array): void {
    const size = this.rate / PEAKS_PER_SECOND;
    for (const sample of chunk) {
      this.#held = Math.max(this.#held, Math.abs(sample));
      this.#inPeak += 1;
      if (this.#inPeak >= size) {
        this.#peaks.push(this.#held);
        this.#held = 0;
        this.#inPeak -= size;
      }
    }
    this.#samples += chunk.length;
    while (this.#peaks.length > MOST_PEAKS) {
      this.#peaks.shift();
      this.#dropped += 1;
    }
  }

  /** Somebody began or stopped speaking, at a moment in seconds. */
  speech(begins: boolean, at: number): void {
    const last = this.#speech.at(-1);
    if (begins) this.#speech.push({ begin: at, end: undefined });
    else if (last !== undefined) last.end = at;
  }

  draw(area: Area, span: Span): void {
    const { context, width } = area;
    const floor = drawAxis(area, span);
    context.fillStyle = themed("--speech");
    for (const { begin, end } of this.#speech) {
      const left = span.x(begin, width);
      context.fillRect(left, 0, span.x(end ?? this.length, width) - left, floor);
    }
    this.#drawPeaks(area, span, floor);
  }

  /** In columns of whole pixels, each as high as the loudest moment in it. */
  #drawPeaks({ context, width }: Area, span: Span, floor: number): void {
    context.fillStyle = themed("--wave");
    const perPixel = ((span.to - span.from) * PEAKS_PER_SECOND) / width;
    const first = span.from * PEAKS_PER_SECOND - this.#dropped;
    const peak = (from: number, to: number) => {
      const own = this.#peaks.slice(Math.max(0, Math.floor(from)), Math.max(0, Math.ceil(to)));
      return own.length === 0 ? undefined : Math.max(...own);
    };
    const loudest = peak(first, this.#peaks.length) ?? 0;
    for (let x = 0; x < width; x += COLUMN_PIXELS) {
      const own = peak(first + x * perPixel, first + (x + COLUMN_PIXELS) * perPixel);
      if (own === undefined) continue;
      const high = Math.max(1, Math.round((own / Math.max(loudest, LOUD)) * (floor - 2)));
      context.fillRect(x, Math.round((floor - high) / 2), COLUMN_PIXELS - 1, high);
    }
  }
}
