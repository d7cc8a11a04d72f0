"""Serves one ONNX graph with MLServer, over the Open Inference Protocol.

    mlserver_peer.py GRAPH INPUT OUTPUT PORT

The graph runs on ONNX Runtime in the server's own process, on one thread. Adaptive batching is off: on one core a batch takes
as long as its items one after the other, and with it on the answers came later and the server carried no more.
"""

import asyncio
import sys

import onnxruntime
from mlserver import MLModel, MLServer
from mlserver.codecs import NumpyCodec
from mlserver.settings import ModelParameters, ModelSettings, Settings
from mlserver.types import InferenceRequest, InferenceResponse, MetadataTensor

MODEL = "whole"


class OnnxModel(MLModel):
    async def load(self) -> bool:
        graph, output = self.settings.parameters.uri, self.settings.parameters.extra["output"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.output = output
        return True

    async def predict(self, request: InferenceRequest) -> InferenceResponse:
        feeds = {tensor.name: NumpyCodec.decode_input(tensor) for tensor in request.inputs}
        (scores,) = self.session.run([self.output], feeds)
        output = NumpyCodec.encode_output(self.output, scores)
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=[output])


def model(graph: str, input_name: str, output: str) -> ModelSettings:
    return ModelSettings(
        name=MODEL,
        implementation=OnnxModel,
        inputs=[MetadataTensor(name=input_name, datatype="FP32", shape=[-1, -1, -1])],
        outputs=[MetadataTensor(name=output, datatype="FP32", shape=[-1, -1])],
        parameters=ModelParameters(uri=graph, version="1", extra={"output": output}),
    )


async def serve(graph: str, input_name: str, output: str, port: int) -> None:
    settings = Settings(
        debug=False,
        host="127.0.0.1",
        grpc_port=port,
        http_port=port + 1,
        metrics_port=port + 2,
        # One core: a second process would only add a hand-over.
        parallel_workers=0,
        metrics_endpoint=None,
        grpc_max_message_length=64 * 1024 * 1024,
    )
    server = MLServer(settings)
    await server.start([model(graph, input_name, output)])


if __name__ == "__main__":
    graph, input_name, output, port = sys.argv[1:]
    asyncio.run(serve(graph, input_name, output, int(port)))
