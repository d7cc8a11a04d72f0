import { ServerError, UsageError } from "./errors.js";

/**
 * How often a call is made again when the server cannot be reached or has no room.
 *
 * The delay doubles from try to try; where the server names one (`RetryInfo`), that one is taken. Delays are shortened at
 * random by up to a half, those that the server named are lengthened by up to a quarter, so that many clients do not come
 * at once. A stream that has begun is taken up again for as long as the server keeps the right to it, however many tries
 * that takes.
 */
export interface Retry {
  /** Calls at most, the first one included; 1 never tries again. Default 5. */
  readonly attempts?: number;
  /** Seconds before the second call. Default 0.1. */
  readonly firstDelay?: number;
  /** Seconds between two calls, at most, unless the server names a longer delay. Default 5. */
  readonly longestDelay?: number;
}

/** A `Retry` with its defaults filled in. */
export class RetryPolicy {
  readonly attempts: number;
  readonly #first: number;
  readonly #longest: number;

  constructor({ attempts = 5, firstDelay = 0.1, longestDelay = 5 }: Retry = {}) {
    if (attempts < 1 || firstDelay < 0 || longestDelay < firstDelay) {
      throw new UsageError("give attempts from 1, and delays from 0 of which the longest is not the shorter one");
    }
    this.attempts = attempts;
    this.#first = firstDelay;
    this.#longest = longestDelay;
  }

  /** Seconds to wait after `tries` calls that failed, the last one with `error`. */
  delay(tries: number, error: unknown): number {
    const doubled = Math.min(this.#first * 2 ** Math.min(tries - 1, 32), this.#longest);
    const own = doubled * (0.5 + Math.random() / 2);
    const named = error instanceof ServerError ? error.retryAfter : undefined;
    if (named === undefined) return own;
    // The server may name no delay at all; it is not asked over and over for that.
    return Math.max(named * (1 + Math.random() / 4), tries > 1 ? own : 0);
  }
}

/** Whether the same call may succeed later. */
export function mayPass(error: unknown): boolean {
  return error instanceof ServerError && (error.code === "UNAVAILABLE" || error.code === "RESOURCE_EXHAUSTED");
}

/** Waits; an abort ends the wait with its reason. */
export function pause(delay: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const aborted = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }, delay * 1000);
    signal?.addEventListener("abort", aborted, { once: true });
  });
}
