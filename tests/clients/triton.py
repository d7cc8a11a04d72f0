"""What an unmodified tritonclient is told by a server, over gRPC and over HTTP. Arguments: both addresses and a clip."""

import sys
from pathlib import Path

import numpy as np
import soundfile
import tritonclient.grpc
import tritonclient.http
from tritonclient.utils import InferenceServerException

grpc_address, http_address, clip = sys.argv[1:]
file = Path(clip).read_bytes()
samples, rate = soundfile.read(clip, dtype="float32")


def ask(kind, client, values, datatype, parameters=None, **options):
    """The probabilities about one recording."""
    tensor = kind.InferInput("audio", values.shape, datatype)
    tensor.set_data_from_numpy(values, **options)
    answer = client.infer("cnn", [tensor], request_id="7", parameters=parameters)
    response = answer.get_response()
    assert (response["id"] if isinstance(response, dict) else response.id) == "7"
    return answer.as_numpy("probabilities")


found = []
for kind, address in ((tritonclient.grpc, grpc_address), (tritonclient.http, http_address)):
    with kind.InferenceServerClient(address) as client:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("cnn")
        assert client.is_model_ready("cnn", "1.0.0")
        assert not client.is_model_ready("oracle")
        server, model = client.get_server_metadata(), client.get_model_metadata("cnn")
        assert (server["name"] if isinstance(server, dict) else server.name) == "undertone"
        inputs = model["inputs"] if isinstance(model, dict) else model.inputs
        assert [own["name"] if isinstance(own, dict) else own.name for own in inputs] == ["features", "audio"]
        found.append(ask(kind, client, np.array([file], dtype=object), "BYTES"))
        found.append(ask(kind, client, samples, "FP32", {"sample_rate": rate}))
        try:
            ask(kind, client, samples, "FP32", {"sample_rate": 1})
        except InferenceServerException as error:
            assert "sample_rate" in str(error), error
        else:
            raise AssertionError("a rate of 1 Hz is refused")
with tritonclient.http.InferenceServerClient(http_address) as client:
    # As lists in the JSON, in place of the binary extension.
    found.append(ask(tritonclient.http, client, samples, "FP32", {"sample_rate": rate}, binary_data=False))
for one in found:
    assert one.shape == (1, 8)
    np.testing.assert_allclose(one, found[0], atol=1e-5)
print(len(found), "answers agree")
