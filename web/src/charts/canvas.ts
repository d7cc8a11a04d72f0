import { h } from "../dom";
import { onTheme } from "../ui/emotions";

/** Where a picture may draw, in CSS pixels. */
export interface Area {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
}

/** A picture that is drawn by hand, sharp on every screen, again whenever something about it changes. */
export class Picture {
  readonly element = h("canvas", { role: "img" });
  readonly #draw: (area: Area) => unknown;
  #asked = false;

  /** `label` is what it shows, in words. */
  constructor(label: string, draw: (area: Area) => unknown, signal: AbortSignal) {
    this.#draw = draw;
    this.describe(label);
    const observer = new ResizeObserver(() => this.redraw());
    observer.observe(this.element);
    signal.addEventListener("abort", () => observer.disconnect());
    onTheme(() => this.redraw(), signal);
  }

  describe(label: string): void {
    this.element.setAttribute("aria-label", label);
  }

  /** Draws with the next frame; often asked is once drawn. */
  redraw(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#now();
    });
  }

  #now(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    const context = this.element.getContext("2d");
    if (context === null || width === 0) return;
    const scale = devicePixelRatio;
    if (this.element.width !== Math.round(width * scale) || this.element.height !== Math.round(height * scale)) {
      this.element.width = Math.round(width * scale);
      this.element.height = Math.round(height * scale);
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    this.#draw({ context, width, height });
  }
}
