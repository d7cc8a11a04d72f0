import { create } from "@bufbuild/protobuf";
import { UsageError } from "./errors.js";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";

const NANOS = 1_000_000_000;

/** A duration in seconds; 0 where there is none. */
export function seconds(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) + duration.nanos / NANOS;
}

/** Seconds as a duration, to the nanosecond. */
export function duration(value: number): Duration {
  if (!Number.isFinite(value)) throw new UsageError(`a time is a number of seconds, not ${value}`);
  const total = Math.round(value * NANOS);
  const whole = Math.floor(total / NANOS);
  return create(DurationSchema, { seconds: BigInt(whole), nanos: total - whole * NANOS });
}
