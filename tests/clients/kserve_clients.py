"""What KServe's unmodified clients are told by a server. Arguments: the addresses of gRPC and of HTTP, and a clip."""

import asyncio
import sys
from pathlib import Path

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

import clip

grpc_address, http_address, path = sys.argv[1:]
file = Path(path).read_bytes()
samples, rate = clip.samples(path)


def about_file():
    """A request about a file as it is."""
    tensor = InferInput("audio", [1], "BYTES")
    tensor.set_data_from_numpy(np.array([file], dtype=object))
    return InferRequest("cnn", [tensor], request_id="7")


def about_samples(binary_data):
    """A request about samples."""
    tensor = InferInput("audio", [len(samples)], "FP32", parameters={"sample_rate": rate})
    tensor.set_data_from_numpy(samples, binary_data=binary_data)
    return InferRequest("cnn", [tensor], request_id="7")


def probabilities(answer):
    """The first output; the answer carries the id of its request."""
    assert (answer.id, answer.model_name) == ("7", "cnn"), answer
    return next(own for own in answer.outputs if own.name == "probabilities").as_numpy()


async def main():
    """Both clients, and their answers."""
    answers = []
    async with InferenceGRPCClient(grpc_address) as client:
        assert await client.is_server_live()
        assert await client.is_server_ready()
        assert await client.is_model_ready("cnn")
        assert not await client.is_model_ready("oracle")
        answers.append(probabilities(await client.infer(about_file())))
        answers.append(probabilities(await client.infer(about_samples(True))))
    url = f"http://{http_address}"
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    assert await client.is_server_live(url)
    assert await client.is_server_ready(url)
    assert await client.is_model_ready(url, "cnn")
    answers.append(probabilities(await client.infer(url, about_file(), "cnn")))
    for binary in (True, False):
        answers.append(probabilities(await client.infer(url, about_samples(binary), "cnn")))
    await client.close()
    for answer in answers:
        np.testing.assert_allclose(np.reshape(answer, (1, 8)), np.reshape(answers[0], (1, 8)), atol=1e-5)
    print(len(answers), "answers agree")


asyncio.run(main())
