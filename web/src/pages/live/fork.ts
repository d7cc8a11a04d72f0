import type { AudioFormat } from "@undertone/client";

/** Chunks that may wait for one listener; then whoever brings more waits, too. */
const MOST_CHUNKS = 32;

/** One source for several listeners: each takes every chunk, at its own pace. */
export class Fork {
  readonly #branches = new Set<Branch>();
  #room: (() => void) | undefined;

  constructor(readonly format: AudioFormat) {}

  /** A listener that hears what comes from now on. */
  branch(): Branch {
    const branch = new Branch(this.format, () => this.#room?.());
    this.#branches.add(branch);
    return branch;
  }

  /** Gives a chunk to everybody who still listens; resolves when there is room for the next one. */
  async push(chunk: Float32Array): Promise<void> {
    for (const branch of this.#branches) branch.take(chunk);
    while ([...this.#branches].some((branch) => branch.isFull)) {
      await new Promise<void>((resolve) => {
        this.#room = resolve;
      });
    }
  }

  /** There is no more. */
  end(): void {
    for (const branch of this.#branches) branch.end();
  }

  /** Whether nobody listens any more. */
  get isIdle(): boolean {
    return [...this.#branches].every((branch) => branch.isOver);
  }
}

/** What one listener hears: a source for `Client.stream`. */
export class Branch implements AsyncIterable<Float32Array> {
  readonly #held: Float32Array[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #left = false;

  constructor(
    readonly format: AudioFormat,
    readonly room: () => void,
  ) {}

  get isFull(): boolean {
    return !this.#left && this.#held.length >= MOST_CHUNKS;
  }

  get isOver(): boolean {
    return this.#left;
  }

  take(chunk: Float32Array): void {
    if (this.#left || this.#ended) return;
    this.#held.push(chunk);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** The listener is gone; nobody waits for it. */
  leave(): void {
    this.#left = true;
    this.#held.length = 0;
    this.room();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Float32Array> {
    while (true) {
      const chunk = this.#held.shift();
      if (chunk !== undefined) {
        this.room();
        yield chunk;
      } else if (this.#ended || this.#left) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
