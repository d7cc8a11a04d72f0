import { codeOfHttp, ServerError } from "@undertone/client";
import { keyHeaders } from "./key";

/** What the answers of a series have in common; empty where they are not told apart by it. */
export interface Group {
  readonly model: string;
  readonly version: string;
  readonly arm: string;
  readonly role: string;
}

export interface EmotionPoint {
  /** RFC 3339. */
  readonly start: string;
  readonly answers: number;
  readonly abstained: number;
  readonly mean_confidence: number;
  readonly speech_seconds: number;
  readonly shares: readonly { readonly label: string; readonly answers: number; readonly share: number }[];
}

export interface LatencyPoint {
  readonly start: string;
  readonly answers: number;
  readonly p50_seconds: number;
  readonly p95_seconds: number;
  readonly p99_seconds: number;
}

export interface Pair {
  readonly left: string;
  readonly right: string;
  readonly utterances: number;
  readonly agreement: number;
  readonly kappa: number;
  readonly cells: readonly { readonly left: string; readonly right: string; readonly utterances: number }[];
}

export interface Drift {
  readonly group: Group;
  readonly answers: number;
  readonly reference_answers: number;
  readonly emotions_divergence: number;
  readonly emotions_stability_index: number;
  readonly confidence_divergence: number;
  readonly confidence_stability_index: number;
}

export interface TrainingDrift {
  readonly model: string;
  readonly version: string;
  readonly answers: number;
  readonly measures: readonly {
    readonly measure: string;
    readonly answers: number;
    readonly divergence: number;
    readonly stability_index: number;
    readonly drifted: boolean;
  }[];
  /** Why nothing was compared; empty where something was. */
  readonly unavailable: string;
}

export interface Judged {
  readonly group: Group;
  readonly judged: number;
  readonly right: number;
  /** Wrong ones of which nobody said what is right. */
  readonly without_truth: number;
  readonly cells: readonly { readonly truth: string; readonly answer: string; readonly answers: number }[];
  readonly bins: readonly {
    readonly from: number;
    readonly to: number;
    readonly answers: number;
    readonly mean_confidence: number;
    readonly accuracy: number;
  }[];
  readonly expected_calibration_error: number;
}

export type Emotions = { readonly series: readonly { readonly group: Group; readonly points: readonly EmotionPoint[] }[] };
export type Confidence = { readonly histograms: readonly { readonly group: Group; readonly bins: readonly number[] }[] };
export type Latency = {
  readonly series: readonly { readonly group: Group; readonly part: string; readonly points: readonly LatencyPoint[] }[];
};
export type Agreement = { readonly pairs: readonly Pair[] };
export type Drifts = { readonly drifts: readonly Drift[] };
export type TrainingDrifts = {
  readonly models: readonly TrainingDrift[];
  readonly stability_threshold: number;
  readonly divergence_threshold: number;
};
export type Judgements = { readonly groups: readonly Judged[] };

interface Figures {
  emotions: Emotions;
  confidence: Confidence;
  latency: Latency;
  agreement: Agreement;
  drift: Drifts;
  "training-drift": TrainingDrifts;
  judgements: Judgements;
}

/** Asks for figures. Throws a `ServerError`. */
export async function figures<Name extends keyof Figures>(
  name: Name,
  asked: URLSearchParams,
  signal: AbortSignal,
): Promise<Figures[Name]> {
  const response = await reach(`/api/v1/analytics/${name}?${asked}`, signal);
  if (response.ok) return (await response.json()) as Figures[Name];
  throw new ServerError(codeOfHttp(response.status), sentence(await response.text()));
}

async function reach(path: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(path, { headers: keyHeaders(), signal, cache: "no-store", credentials: "same-origin" });
  } catch {
    signal.throwIfAborted();
    throw new ServerError("UNAVAILABLE", "the server does not answer");
  }
}

/** What is wrong, from JSON or from plain text. */
function sentence(body: string): string {
  try {
    return (JSON.parse(body) as { error?: string }).error ?? body;
  } catch {
    return body.trim();
  }
}
