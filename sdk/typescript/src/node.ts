import { readFile } from "node:fs/promises";
import { Client, type ClientOptions } from "./client.js";
import { type GrpcOptions, GrpcTransport } from "./grpc.js";

export { type GrpcOptions, GrpcTransport, type Tls } from "./grpc.js";
export * from "./index.js";

/** A client over gRPC, for Node.js: `connect("127.0.0.1:50151")`. Needs the package `@grpc/grpc-js`. */
export function connect(address: string, options: GrpcOptions & ClientOptions = {}): Client {
  return new Client(new GrpcTransport(address, options), options);
}

/** The contents of a file, as a recording. */
export function fromFile(path: string): Promise<Uint8Array> {
  return readFile(path);
}
