"""Serves one ONNX graph with Triton Inference Server, through PyTriton, over the Open Inference Protocol.

    pytriton_peer.py GRAPH INPUT OUTPUT PORT

The graph runs on ONNX Runtime in this process, on one thread; Triton's dynamic batcher joins requests of equal shape that
wait while it is busy, and waits for none to come.
"""

import os
import sys
import sysconfig

import numpy
import onnxruntime
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

MODEL = "whole"
MOST_TOGETHER = 32


def use_own_library() -> None:
    """Lets Triton's Python process find the library of this interpreter, and not that of another one on the machine."""
    folders = [sysconfig.get_config_var("LIBDIR"), os.environ.get("LD_LIBRARY_PATH")]
    os.environ["LD_LIBRARY_PATH"] = os.pathsep.join(folder for folder in folders if folder)


def main(graph: str, input_name: str, output: str, port: int) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    dim, labels = session.get_inputs()[0].shape[-1], session.get_outputs()[0].shape[-1]

    @batch
    def infer(**tensors):
        (scores,) = session.run([output], {input_name: tensors[input_name]})
        return {output: scores}

    config = TritonConfig(
        http_address="127.0.0.1",
        http_port=port + 1,
        grpc_address="127.0.0.1",
        grpc_port=port,
        allow_metrics=False,
        log_verbose=0,
    )
    with Triton(config=config) as triton:
        triton.bind(
            model_name=MODEL,
            infer_func=infer,
            inputs=[Tensor(name=input_name, dtype=numpy.float32, shape=(-1, dim))],
            outputs=[Tensor(name=output, dtype=numpy.float32, shape=(labels,))],
            config=ModelConfig(max_batch_size=MOST_TOGETHER, batcher=DynamicBatcher(max_queue_delay_microseconds=0)),
        )
        triton.serve()


if __name__ == "__main__":
    graph, input_name, output, port = sys.argv[1:]
    use_own_library()
    main(graph, input_name, output, int(port))
