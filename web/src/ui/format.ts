/** 0.814 as `81 %`. */
export function percent(share: number, digits = 0): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** A difference of shares as `+3.1 points`. */
export function points(difference: number): string {
  return `${signed(difference * 100, 1)} points`;
}

export function signed(value: number, digits: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
}

/** 12345 as `12 345`, with a thin space. */
export function count(number: number | bigint): string {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Seconds as `38 ms`, `4.2 s` or `3 min 20 s`. */
export function time(seconds: number): string {
  if (seconds === 0) return "0";
  if (seconds < 0.001) return `${(seconds * 1_000_000).toFixed(0)} µs`;
  if (seconds < 0.01) return `${(seconds * 1000).toFixed(1)} ms`;
  if (seconds < 1) return `${(seconds * 1000).toFixed(0)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** A place in audio as `0:04.2`. */
export function clock(seconds: number): string {
  const tenths = Math.round(seconds * 10);
  return `${Math.floor(tenths / 600)}:${String(Math.floor((tenths % 600) / 10)).padStart(2, "0")}.${tenths % 10}`;
}

/** A moment in the reader's own time zone. */
export function moment(at: Date): string {
  return at.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}

/** Of a protobuf duration or timestamp. */
export function seconds(wire: { seconds: bigint; nanos: number } | undefined): number {
  return wire === undefined ? 0 : Number(wire.seconds) + wire.nanos / 1e9;
}
