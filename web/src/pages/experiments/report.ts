/** What `GetReport` answers as JSON. */
export interface Report {
  readonly experiment: string;
  readonly state: string;
  readonly hypothesis: string;
  readonly control: string;
  readonly alpha: number;
  /** One sentence per comparison. */
  readonly decisions: readonly string[];
  readonly checks: {
    readonly ratio_p_value: number;
    readonly ratio_mismatch: boolean;
    readonly exposed_units: Readonly<Record<string, number>>;
    /** The times between changes of the weights. */
    readonly periods: readonly { readonly since_micros: number; readonly arms: Readonly<Record<string, { readonly weight: number; readonly units: number }>> }[];
    readonly forced_answers: number;
    readonly judged_answers: number;
    readonly median_feedback_delay_seconds: number | null;
  };
  readonly arms: readonly Arm[];
  readonly differences: readonly Difference[];
  readonly paired: readonly Paired[];
  readonly timelines: readonly Timeline[];
  /** How many arms are compared with the control. */
  readonly comparisons: number;
  /** Where weights changed, with that taken into account. */
  readonly weighted: readonly (Figure & { readonly arm: string; readonly subjects: number })[];
  /** With what was known of subjects before. */
  readonly known_before: {
    readonly covariate: string;
    readonly comparisons: readonly (Figure & { readonly arm: string; readonly subjects: number; readonly known_subjects: number; readonly variance_saved: number })[];
  } | null;
  readonly segments: { readonly rows: readonly Segment[]; readonly passed_over: readonly string[]; readonly caution: string };
  readonly stopped: readonly { readonly arm: string; readonly reason: string }[];
  readonly chosen: string | null;
  readonly warnings: readonly string[];
}

export type Interval = readonly [low: number, high: number];

export interface Figure {
  readonly value: number | null;
  readonly interval: Interval | null;
}

export interface Arm {
  readonly name: string;
  readonly model: string;
  readonly shadow: boolean;
  readonly subjects: number;
  readonly answers: number;
  readonly judged: number;
  readonly figures: Readonly<Record<string, Figure>>;
}

export interface Difference {
  readonly arm: string;
  readonly outcome: "better" | "worse" | "alike" | "open";
  /** For all comparisons together. */
  readonly adjusted_p_value: number | null;
  readonly latency_quantiles: readonly { readonly share: number; readonly seconds: number; readonly interval: Interval | null }[];
  readonly changes: Readonly<Record<string, Figure & { readonly p_value: number | null }>>;
  readonly guardrails: readonly { readonly metric: string; readonly verdict: string; readonly reason: string }[];
}

export interface Paired {
  readonly arm: string;
  readonly pairs: number;
  readonly agreement: number | null;
  readonly kappa: number | null;
  readonly only_arm_right: number;
  readonly only_control_right: number;
  readonly accuracy: Figure & { readonly adjusted_p_value: number | null };
  readonly coverage: {
    readonly answers: number;
    readonly pairs: number;
    readonly corrected: Figure;
    readonly with_less_without_pair: Figure | null;
    readonly bounds: Interval | null;
  };
}

/** The streams with one value of one label; those without it have none. */
export interface Segment {
  readonly label: string;
  readonly value: string;
  readonly judged: number;
  readonly changes: readonly (Figure & { readonly arm: string; readonly paired: boolean; readonly metric: string })[];
}

export interface Timeline {
  readonly arm: string;
  readonly paired: boolean;
  readonly looks: readonly { readonly judged: number; readonly value: number; readonly interval: Interval }[];
}
