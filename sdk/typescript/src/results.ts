import { seconds } from "./durations.js";
import type * as v1 from "./generated/undertone/v1/recognizer_pb.js";

/** Why a result was made. */
export type Trigger =
  | "interval"
  | "flush"
  | "silence"
  | "max_length"
  | "end_utterance"
  | "end_of_stream"
  | "unknown";

const TRIGGERS: readonly Trigger[] = [
  "unknown",
  "interval",
  "flush",
  "silence",
  "max_length",
  "end_utterance",
  "end_of_stream",
];

/** Name and version of a model. */
export interface ModelRef {
  readonly name: string;
  readonly version: string;
}

/** The part of a stream or a recording in an experiment. */
export interface Participation {
  readonly experiment: string;
  /** Its model is the one that answers. */
  readonly arm: string;
  /** Whether the client asked for the arm; then it is left out of the analysis. */
  readonly forced: boolean;
}

/** Where the server's time for a result went, in seconds. */
export interface TimeParts {
  /** Waiting for the worker, and for the others in the batch that the model ran. */
  readonly queue: number;
  /** Decoding, resampling and features. */
  readonly features: number;
  /** The result's own share of the model's run. */
  readonly inference: number;
}

/** What an interim update and a final result have in common. Times are seconds of audio from the stream's start. */
export interface Result {
  /** Grows by one with every result of a stream, from 1; a dropped update leaves a gap. */
  readonly sequence: number;
  /** Which utterance of the stream, from 1. */
  readonly utterance: number;
  /** Where the utterance begins. */
  readonly start: number;
  /** Where the utterance ends, or what was heard of it. */
  readonly end: number;
  /** One probability per label, in the order of the model's labels; they sum to 1. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** The most probable label. */
  readonly top: string;
  /** Its probability. */
  readonly confidence: number;
  /** The label to show: `top`, but for the hysteresis that was asked for. */
  readonly shown: string;
  /** Whether the answer is too unsure to be shown as one. */
  readonly abstained: boolean;
  /** How little the answer is expected to change, 0 to 1. */
  readonly stability: number;
  /** Labels that hold the true one with the model's stated coverage; empty when it states none. */
  readonly plausible: readonly string[];
  readonly trigger: Trigger;
  /** Seconds of audio heard when the result was made. */
  readonly audioProcessed: number;
  readonly timeParts: TimeParts;
}

/** What is said about the utterance so far, while it is being spoken. */
export interface Interim extends Result {
  readonly type: "interim";
}

/** The last word on an utterance. */
export interface Final extends Result {
  readonly type: "final";
  /** Identifier of the stored prediction, a UUID. */
  readonly predictionId: string;
}

/** A final result of a recording, and how it came about. */
export interface Utterance extends Final {
  /** The updates before it, when they were asked for. */
  readonly updates: readonly Interim[];
}

/** Everything that was said about a recording. */
export interface Recognition {
  /** Identifier under which the predictions are stored, a UUID. */
  readonly streamId: string;
  readonly model: ModelRef;
  /** What was found, in time order; none in silence. */
  readonly utterances: readonly Utterance[];
  /** Length of the recording in seconds. */
  readonly duration: number;
  /** What the server noticed about the audio, in sentences. */
  readonly warnings: readonly string[];
  /** Its part in an experiment; undefined: in none. */
  readonly participation: Participation | undefined;
}

export function readInterim(wire: v1.Result): Interim {
  return { type: "interim", ...readResult(wire) };
}

export function readFinal(wire: v1.Result): Final {
  return { type: "final", ...readResult(wire), predictionId: wire.predictionId };
}

export function readModel(wire: v1.ModelRef | undefined): ModelRef {
  return { name: wire?.name ?? "", version: wire?.version ?? "" };
}

export function readParticipation(wire: v1.Participation | undefined): Participation | undefined {
  return wire && { experiment: wire.experiment, arm: wire.arm, forced: wire.forced };
}

export function readRecognition(wire: v1.RecognizeResponse): Recognition {
  const utterances = wire.utterances.flatMap(({ result, updates }) =>
    result === undefined ? [] : [{ ...readFinal(result), updates: updates.map(readInterim) }],
  );
  return {
    streamId: wire.streamId,
    model: readModel(wire.model),
    utterances,
    duration: seconds(wire.audioDuration),
    warnings: wire.warnings.map((warning) => warning.message),
    participation: readParticipation(wire.participation),
  };
}

function readResult(wire: v1.Result): Result {
  return {
    sequence: Number(wire.sequence),
    utterance: wire.utterance,
    start: seconds(wire.start),
    end: seconds(wire.end),
    probabilities: Object.fromEntries(wire.probabilities.map((own) => [own.label, own.probability])),
    top: wire.top,
    confidence: wire.confidence,
    shown: wire.shown,
    abstained: wire.abstained,
    stability: wire.stability,
    plausible: wire.plausible,
    // A server that is newer than this client knows more reasons.
    trigger: TRIGGERS[wire.trigger] ?? "unknown",
    audioProcessed: seconds(wire.audioProcessed),
    timeParts: readTimeParts(wire.timeParts),
  };
}

function readTimeParts(wire: v1.TimeParts | undefined): TimeParts {
  return {
    queue: seconds(wire?.queue),
    features: seconds(wire?.features),
    inference: seconds(wire?.inference),
  };
}
