import type { Control } from "./generated/undertone/v1/recognizer_pb.js";

const PIECE_BYTES = 64 * 1024;

/** Some audio, and where in the stream it begins, in bytes. */
export interface Piece {
  readonly start: number;
  readonly data: Uint8Array;
}

/** Something to say to the server at a place in the audio. */
export interface Mark {
  readonly start: number;
  readonly control: Control;
}

/**
 * What was not acknowledged yet, in order, numbered from the stream's start. It holds `limit` bytes at most; then its
 * source waits until the server has acknowledged some. The server does so with every final result, and once a second in
 * silence, so it holds at least what `holdAtLeast` says that an utterance takes.
 */
export class Replay {
  /** Whether nothing more will come. */
  finished = false;
  #items: (Piece | Mark)[] = [];
  #first = 0;
  #held = 0;
  #end = 0;
  #limit: number;

  constructor(limit: number) {
    this.#limit = Math.max(limit, 1);
  }

  /** Has room for so many bytes, whatever the limit was. */
  holdAtLeast(size: number): void {
    this.#limit = Math.max(this.#limit, size);
  }

  get hasRoom(): boolean {
    return this.#held < this.#limit;
  }

  /** The number of the first item that is held. */
  get first(): number {
    return this.#first;
  }

  /** Adds audio, in pieces that servers take as messages. */
  add(data: Uint8Array): void {
    for (let start = 0; start < data.length; start += PIECE_BYTES) {
      const piece = data.subarray(start, start + PIECE_BYTES);
      this.#items.push({ start: this.#end, data: piece });
      this.#end += piece.length;
      this.#held += piece.length;
    }
  }

  /** Adds something to say behind the audio so far. */
  mark(control: Control): void {
    this.#items.push({ start: this.#end, control });
  }

  /** The item of that number; undefined where it is still to come. */
  item(number: number): Piece | Mark | undefined {
    return this.#items[number - this.#first];
  }

  /** Forgets what lies in front of byte `position`. Of a piece that lies across it the rest is kept. */
  forget(position: number): void {
    for (let item = this.#items[0]; item !== undefined && item.start < position; item = this.#items[0]) {
      if ("data" in item && item.start + item.data.length > position) {
        this.#items[0] = { start: position, data: item.data.subarray(position - item.start) };
        this.#held -= position - item.start;
        return;
      }
      this.#drop(item);
    }
  }

  /** Forgets everything in front of the item of that number. */
  forgetItems(number: number): void {
    for (let item = this.#items[0]; item !== undefined && this.#first < number; item = this.#items[0]) {
      this.#drop(item);
    }
  }

  /** Forgets to ask for updates that were due a while ago. */
  forgetFlushes(): void {
    this.#items = this.#items.filter((item) => "data" in item || item.control.action.case !== "flush");
  }

  #drop(item: Piece | Mark): void {
    this.#items.shift();
    this.#first += 1;
    if ("data" in item) this.#held -= item.data.length;
  }
}
