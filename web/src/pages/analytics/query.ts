/** What the reader asks for; it stands in the address, so that a view can be kept and shared. */
export interface Query {
  /** Hours until now; 0: from `start` to `end`. */
  readonly hours: number;
  /** Local times as their fields give them. */
  readonly start: string;
  readonly end: string;
  readonly step: Step;
  readonly groups: readonly string[];
  readonly models: readonly string[];
  readonly versions: readonly string[];
  readonly arms: readonly string[];
  readonly role: string;
  readonly subject: string;
  readonly label: string;
}

export type Step = "minute" | "hour" | "day";

export const GROUPS = ["model", "version", "arm", "role"] as const;
export const STEP_SECONDS: Record<Step, number> = { minute: 60, hour: 3600, day: 86_400 };

const USUAL_HOURS = 24;
/** Up to so many hours a bucket is a minute, and up to so many an hour. */
const BY_MINUTE = 6;
const BY_HOUR = 24 * 14;

export function readQuery(asked: URLSearchParams): Query {
  const text = (name: string) => asked.get(name) ?? "";
  const list = (name: string) => text(name).split(",").map((own) => own.trim()).filter((own) => own !== "");
  const hours = asked.has("hours") ? Number(asked.get("hours")) : USUAL_HOURS;
  const step = text("step");
  return {
    hours: Number.isFinite(hours) && hours >= 0 ? hours : USUAL_HOURS,
    start: text("start"),
    end: text("end"),
    step: step in STEP_SECONDS ? (step as Step) : usualStep(hours, text("start"), text("end")),
    groups: asked.has("group") ? list("group") : ["model"],
    models: list("model"),
    versions: list("version"),
    arms: list("arm"),
    role: text("role"),
    subject: text("subject"),
    label: text("label"),
  };
}

function usualStep(hours: number, start: string, end: string): Step {
  const long = hours > 0 ? hours : (Date.parse(end) - Date.parse(start)) / 3_600_000;
  if (long <= BY_MINUTE) return "minute";
  return long <= BY_HOUR ? "hour" : "day";
}

/** The time that is asked for, in whole buckets, in seconds since 1970. The one that is not over yet belongs to it. */
export function range(query: Query, now: number): { from: number; to: number; step: number } {
  const step = STEP_SECONDS[query.step];
  const ended = query.hours > 0 ? now : Date.parse(query.end) / 1000;
  const begun = query.hours > 0 ? now - query.hours * 3600 : Date.parse(query.start) / 1000;
  return { from: Math.floor(begun / step) * step, to: (Math.floor(ended / step) + 1) * step, step };
}

/** The question for the server. `reference` asks for the time of the same length before, too. */
export function question(query: Query, now: number, what: { grouped: boolean; filtered: boolean; reference?: boolean }): URLSearchParams {
  const { from, to } = range(query, now);
  const told = (seconds: number) => new Date(seconds * 1000).toISOString();
  const asked = new URLSearchParams({ start: told(from), end: told(to), step: query.step });
  if (what.reference) {
    asked.set("reference_start", told(from - (to - from)));
    asked.set("reference_end", told(from));
  }
  if (what.grouped) for (const group of query.groups) asked.append("group_by", group);
  if (!what.filtered) return asked;
  for (const model of query.models) asked.append("model", model);
  for (const version of query.versions) asked.append("version", version);
  for (const arm of query.arms) asked.append("arm", arm);
  if (query.role !== "") asked.set("role", query.role);
  if (query.subject !== "") asked.set("subject", query.subject);
  if (query.label !== "") asked.set("label", query.label);
  return asked;
}
