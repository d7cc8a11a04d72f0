import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { connect } from "@undertone/client";
import { storedKey } from "./key";

/** A client of the server that handed this page out, with the key of this tab. What fails is told, and the reader tries again. */
export function server() {
  const apiKey = storedKey();
  return connect(location.origin, { retry: { attempts: 1 }, ...(apiKey !== undefined && { apiKey }) });
}

/** Calls a unary method of the server. Throws a `ServerError`. */
export function call<Input extends DescMessage, Output extends DescMessage>(
  method: DescMethodUnary<Input, Output>,
  request: MessageInitShape<Input>,
  signal?: AbortSignal,
): Promise<MessageShape<Output>> {
  return server().call(method, request, signal && { signal });
}
