/** The messages and services of `undertone.v1`, as `proto/` defines them. */
export * from "./generated/undertone/v1/analytics_pb.js";
export * from "./generated/undertone/v1/experiments_pb.js";
export * from "./generated/undertone/v1/feedback_pb.js";
export * from "./generated/undertone/v1/models_pb.js";
export * from "./generated/undertone/v1/recognizer_pb.js";
export * from "./generated/undertone/v1/streams_pb.js";
