"""What an unmodified tritonclient is told by a server.

Arguments: the addresses of gRPC and of HTTP, and a clip. Environment: the versions of the models that are served.
"""

import os
import queue
import sys
from pathlib import Path

import numpy as np
import tritonclient.grpc
import tritonclient.http
from tritonclient.utils import InferenceServerException

import clip

CNN, LSTM = os.environ["CNN_VERSION"], os.environ["LSTM_VERSION"]
grpc_address, http_address, path = sys.argv[1:]
file = Path(path).read_bytes()
samples, rate = clip.samples(path)


def inputs(kind, values, datatype, **options):
    """The one input of a request."""
    tensor = kind.InferInput("audio", values.shape, datatype)
    tensor.set_data_from_numpy(values, **options)
    return [tensor]


def ask(kind, client, values, datatype, parameters=None, **options):
    """The probabilities about one recording."""
    asked = inputs(kind, values, datatype, **options)
    answer = client.infer("cnn", asked, request_id="7", parameters=parameters)
    response = answer.get_response()
    assert (response["id"] if isinstance(response, dict) else response.id) == "7"
    return answer.as_numpy("probabilities")


def probe(client):
    """Health and metadata, the same over gRPC and HTTP."""
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("cnn")
    assert client.is_model_ready("cnn", CNN)
    assert not client.is_model_ready("oracle")
    server, model = client.get_server_metadata(), client.get_model_metadata("cnn")
    assert (server["name"] if isinstance(server, dict) else server.name) == "undertone"
    listed = model["inputs"] if isinstance(model, dict) else model.inputs
    assert [own["name"] if isinstance(own, dict) else own.name for own in listed] == ["features", "audio"]


def infer():
    """Files and samples, over gRPC, and over HTTP behind the JSON and in it."""
    answers = []
    for kind, address in ((tritonclient.grpc, grpc_address), (tritonclient.http, http_address)):
        with kind.InferenceServerClient(address) as client:
            probe(client)
            answers.append(ask(kind, client, np.array([file], dtype=object), "BYTES"))
            answers.append(ask(kind, client, samples, "FP32", {"sample_rate": rate}))
            try:
                ask(kind, client, samples, "FP32", {"sample_rate": 1})
            except InferenceServerException as error:
                assert "sample rate 1 Hz" in str(error), error
            else:
                raise AssertionError("a rate of 1 Hz is refused")
    with tritonclient.http.InferenceServerClient(http_address) as client:
        answers.append(ask(tritonclient.http, client, samples, "FP32", {"sample_rate": rate}, binary_data=False))
    for answer in answers:
        assert answer.shape == (1, 8)
        np.testing.assert_allclose(answer, answers[0], atol=1e-5)
    return answers[0]


def extensions(client):
    """Configuration, and the set of models."""
    config = client.get_model_config("cnn").config
    assert config.name == "cnn"
    assert config.max_batch_size > 0
    dims = {own.name: (list(own.dims), own.optional) for own in config.input}
    assert dims == {"features": ([-1, 64], True), "audio": ([1], True)}
    assert [list(own.dims) for own in config.output] == [[8], [8]]
    assert config.instance_group[0].count == 2
    listed = {(own.name, own.version): own.state for own in client.get_model_repository_index().models}
    assert listed[("lstm", LSTM)] == "READY"
    client.unload_model("lstm")
    assert not client.is_model_ready("lstm")
    client.load_model("lstm")
    assert client.is_model_ready("lstm")


def extensions_over_http(client):
    """The same in JSON."""
    config = client.get_model_config("cnn", CNN)
    assert (config["name"], config["backend"]) == ("cnn", "onnx"), config
    assert config["max_batch_size"] > 0
    dims = {own["name"]: (own["data_type"], own["dims"], own["optional"]) for own in config["input"]}
    assert dims == {"features": ("TYPE_FP32", [-1, 64], True), "audio": ("TYPE_STRING", [1], True)}
    assert config["instance_group"] == [{"name": "workers", "count": 2, "kind": "KIND_CPU"}]
    assert "labels" in config["parameters"]
    listed = {(own["name"], own["version"]): own["state"] for own in client.get_model_repository_index()}
    assert listed[("lstm", LSTM)] == "READY"
    client.unload_model("lstm")
    assert not client.is_model_ready("lstm")
    listed = {(own["name"], own["version"]): own for own in client.get_model_repository_index()}
    assert listed[("lstm", LSTM)]["state"] in ("UNLOADING", "UNAVAILABLE"), listed
    client.load_model("lstm")
    assert client.is_model_ready("lstm")
    try:
        client.load_model("lstm", config="{}")
    except InferenceServerException as error:
        assert "parameters.config" in str(error), error
    else:
        raise AssertionError("a configuration that would be passed over is refused")
    try:
        client.load_model("oracle")
    except InferenceServerException as error:
        assert "oracle" in str(error), error
    else:
        raise AssertionError("there is no oracle")


def stream(client, expected):
    """Requests over one call: answered in their order, each with its id, and wrong ones told about alone."""
    told = queue.Queue()
    client.start_stream(lambda result, error: told.put((result, error)))
    right = inputs(tritonclient.grpc, np.array([file], dtype=object), "BYTES")
    wrong = inputs(tritonclient.grpc, samples, "FP32")
    wanted = [str(place) for place in range(40)]
    for name in wanted:
        client.async_stream_infer("cnn", wrong if name == "5" else right, request_id=name)
    for name in wanted:
        result, error = told.get(timeout=120)
        if name == "5":
            assert "[request id: 5] INVALID_ARGUMENT" in str(error), error
            assert "sample_rate" in str(error), error
            continue
        assert error is None, error
        assert result.get_response().id == name
        assert result.get_response().parameters["triton_final_response"].bool_param
        np.testing.assert_allclose(result.as_numpy("probabilities"), expected, atol=1e-5)
    client.stop_stream()
    client.start_stream(lambda result, error: told.put((result, error)), headers={"triton_grpc_error": "true"})
    client.async_stream_infer("oracle", right, request_id="a")
    _, error = told.get(timeout=120)
    assert "NOT_FOUND" in error.status(), error
    client.stop_stream()


def statistics(client):
    """What the server counted meanwhile."""
    told = {own.name: own for own in client.get_inference_statistics().model_stats}
    assert set(told) == {"cnn", "lstm"}
    own = client.get_inference_statistics("cnn", CNN).model_stats[0]
    done = own.inference_stats
    assert own.inference_count >= own.execution_count > 0
    # Over gRPC and HTTP 5, and of the stream all but one.
    assert done.success.count == 5 + 39, done
    assert done.fail.count == 2 + 1, done
    assert done.compute_infer.count == own.execution_count
    assert 0 < done.compute_infer.ns and 0 < done.success.ns
    assert own.last_inference > 1_700_000_000_000
    assert told["lstm"].inference_stats.success.count == 0
    # Every answer was put into tensors; recordings came in pieces, each of which waited for its worker.
    assert done.compute_output.count == done.success.count, done
    assert done.queue.count >= done.success.count and done.compute_input.count >= done.success.count, done
    assert 0 < done.queue.ns and 0 < done.compute_input.ns, done
    batches = {batch.batch_size: batch.compute_infer for batch in own.batch_stats}
    assert sum(calls.count for calls in batches.values()) == own.execution_count
    assert sum(size * calls.count for size, calls in batches.items()) == own.inference_count


def statistics_over_http(client, told):
    """The same in JSON, of all models and of one."""
    everything = client.get_inference_statistics()["model_stats"]
    assert {own["name"] for own in everything} == {"cnn", "lstm"}
    (own,) = client.get_inference_statistics("cnn", CNN)["model_stats"]
    assert own["execution_count"] == told.execution_count
    assert own["last_inference"] == told.last_inference
    for name in ("success", "fail", "queue", "compute_input", "compute_infer", "compute_output"):
        over_grpc = getattr(told.inference_stats, name)
        assert own["inference_stats"][name] == {"count": over_grpc.count, "ns": over_grpc.ns}, name
    sizes = [batch["batch_size"] for batch in own["batch_stats"]]
    assert sizes == [batch.batch_size for batch in told.batch_stats]
    (latest,) = client.get_inference_statistics("cnn")["model_stats"]
    assert latest == own


found = infer()
with tritonclient.grpc.InferenceServerClient(grpc_address) as client:
    stream(client, found)
    statistics(client)
    with tritonclient.http.InferenceServerClient(http_address) as over_http:
        statistics_over_http(over_http, client.get_inference_statistics("cnn").model_stats[0])
        extensions(client)
        extensions_over_http(over_http)
print("all answers agree")
