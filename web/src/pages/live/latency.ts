/** Answers that quantiles are about: the newest ones. */
const MOST_TAKEN = 1000;

/** How late answers are behind the audio that they are about. */
export class Latency {
  /** Seconds of audio, and when they were there, in milliseconds; what no answer can be about any more is dropped. */
  #captured: { readonly until: number; readonly at: number }[] = [];
  readonly #taken: number[] = [];
  #answers = 0;

  /** Audio until `until`, in seconds, was there at `at`, in milliseconds. */
  capture(until: number, at: number): void {
    this.#captured.push({ until, at });
  }

  /** An answer came at `now` that needed audio until `heard`; gives how late it was in seconds. */
  note(heard: number, now: number): number | undefined {
    const place = this.#captured.findIndex((own) => own.until >= heard - 1e-6);
    const there = this.#captured[place];
    if (there === undefined) return undefined;
    this.#captured = this.#captured.slice(place);
    const late = Math.max(0, now - there.at) / 1000;
    this.#taken.push(late);
    if (this.#taken.length > MOST_TAKEN) this.#taken.shift();
    this.#answers += 1;
    return late;
  }

  get answers(): number {
    return this.#answers;
  }

  /** What so many of the answers, 0 to 1, were not later than, in seconds. */
  quantile(share: number): number | undefined {
    const sorted = [...this.#taken].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  }
}
