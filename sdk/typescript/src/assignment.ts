import type { BucketRun, Experiment as Told } from "./generated/undertone/v1/experiments_pb.js";
import { UsageError } from "./errors.js";
import { sha256 } from "./sha256.js";

/** How many buckets there are: one is a hundredth of a percent of all units. */
export const BUCKETS = 10_000;

/** What a bucket is drawn for; draws for different purposes are independent. */
export type Purpose = "holdout" | "layer" | "arm";

const VERSION = "undertone-bucket-1";
const DIGEST_BYTES = 6;

/** The bucket of `key`, 0 to 9,999: the same as at every server and in every other client. A salt holds no zero character. */
export function bucket(purpose: Purpose, salt: string, key: string): number {
  const text = [VERSION, purpose, salt, key].join("\0");
  const digest = sha256(new TextEncoder().encode(text));
  // 48 bits are an exact number.
  return digest.subarray(0, DIGEST_BYTES).reduce((sum, byte) => sum * 256 + byte, 0) % BUCKETS;
}

/** Buckets in a row that one arm owns. */
export interface Run {
  /** The first bucket behind it; it begins where the run before ends, the first one at 0. */
  readonly until: number;
  /** The arm's place in its experiment's list. */
  readonly arm: number;
}

/** Every bucket's arm. */
export class Allocation {
  /** Takes runs as the server keeps them; a `UsageError` unless they are in order and end at `BUCKETS`. */
  constructor(readonly runs: readonly Run[]) {
    const ends = runs.map((run) => run.until);
    const ordered = ends.every((end, place) => end > (ends[place - 1] ?? 0));
    if (!ordered || ends.at(-1) !== BUCKETS) {
      throw new UsageError(`runs of buckets are in order and end at ${BUCKETS}, not ${ends.join(", ")}`);
    }
  }

  /** That of a new experiment: each arm as many buckets in a row as its weight; they sum to `BUCKETS`. */
  static ofWeights(weights: readonly number[]): Allocation {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    if (sum !== BUCKETS || weights.some((weight) => weight < 0)) {
      throw new UsageError(`weights are counts of buckets and sum to ${BUCKETS}, not ${sum}`);
    }
    let until = 0;
    const runs = weights.map((weight, arm) => ({ until: (until += weight), arm, weight }));
    return new Allocation(runs.filter(({ weight }) => weight > 0).map(({ until, arm }) => ({ until, arm })));
  }

  /** The arm of a bucket. */
  arm(bucket: number): number {
    const run = bucket < 0 ? undefined : this.runs.find(({ until }) => bucket < until);
    if (run === undefined) throw new UsageError(`buckets go from 0 to ${BUCKETS - 1}, and ${bucket} is none`);
    return run.arm;
  }
}

/** An experiment's part of a layer: the buckets from `start` to before `end` of the layer's own draw. */
export interface Slot {
  readonly layer: string;
  readonly start: number;
  readonly end: number;
}

/** Units that are kept out of every experiment that names the same salt. */
export interface Holdout {
  readonly salt: string;
  readonly buckets: number;
}

/** What an assignment follows from. */
export interface Experiment {
  readonly salt: string;
  readonly allocation: Allocation;
  readonly slot?: Slot;
  readonly holdout?: Holdout;
}

/**
 * What an experiment's arms follow from, as `Experiments.GetExperiment` tells it. Arms are numbered as in its `arms`. Whether the
 * experiment runs, and takes a unit by its labels, is yours to look at. A `UsageError` where that is missing or cannot be.
 */
export function experimentOf(told: Told): Experiment {
  const { allotment } = told;
  if (allotment === undefined) throw wrong(told, "the server does not tell what arms follow from; it is too old");
  const { layer, holdout } = allotment;
  return {
    salt: allotment.salt,
    allocation: allocationOf(told, allotment.runs),
    ...(layer && { slot: { layer: layer.name, start: layer.from, end: layer.until } }),
    ...(holdout && { holdout: { salt: holdout.name, buckets: holdout.buckets } }),
  };
}

function allocationOf(told: Told, runs: readonly BucketRun[]): Allocation {
  const places = new Map(told.arms.map(({ name }, place) => [name, place]));
  const placed = runs.map(({ until, arm: name }, number) => {
    const arm = places.get(name);
    if (arm !== undefined) return { until, arm };
    const known = [...places.keys()].map((own) => JSON.stringify(own)).join(", ") || "none";
    throw wrong(told, `allotment.runs[${number}] names the arm ${JSON.stringify(name)}; there are ${known}`);
  });
  try {
    return new Allocation(placed);
  } catch (error) {
    throw error instanceof UsageError ? wrong(told, error.message) : error;
  }
}

function wrong({ name }: Told, what: string): UsageError {
  return new UsageError(`experiment ${JSON.stringify(name)}: ${what}`);
}

/** The place of the arm of the unit named `key`, or why it has none. */
export function assign(experiment: Experiment, key: string): number | "held_out" | "elsewhere" {
  const { salt, allocation, slot, holdout } = experiment;
  if (holdout !== undefined && bucket("holdout", holdout.salt, key) < holdout.buckets) return "held_out";
  if (slot !== undefined) {
    const place = bucket("layer", slot.layer, key);
    if (place < slot.start || place >= slot.end) return "elsewhere";
  }
  return allocation.arm(bucket("arm", salt, key));
}
