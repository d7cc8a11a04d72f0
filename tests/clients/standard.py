"""What clients of gRPC's own services are told by a server: health, reflection, and with what reflection tells a call of
`Recognize`. Arguments: the address of gRPC, and a clip."""

import sys
from pathlib import Path

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

address, path = sys.argv[1:]
with grpc.insecure_channel(address) as channel:
    health = health_pb2_grpc.HealthStub(channel)
    serving = health_pb2.HealthCheckResponse.SERVING
    for service in ("", "undertone.v1.Recognizer", "inference.GRPCInferenceService"):
        assert health.Check(health_pb2.HealthCheckRequest(service=service)).status == serving, service
    watched = health.Watch(health_pb2.HealthCheckRequest(service=""))
    assert next(watched).status == serving
    watched.cancel()
    try:
        health.Check(health_pb2.HealthCheckRequest(service="nobody"))
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
    else:
        raise AssertionError("there is no such service")

    database = ProtoReflectionDescriptorDatabase(channel)
    services = set(database.get_services())
    assert {"undertone.v1.Recognizer", "inference.GRPCInferenceService", "grpc.health.v1.Health"} <= services, services
    pool = DescriptorPool(database)
    method = pool.FindServiceByName("undertone.v1.Recognizer").FindMethodByName("Recognize")
    Request, Response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    recognize = channel.unary_unary(
        f"/{method.containing_service.full_name}/{method.name}", Request.SerializeToString, Response.FromString
    )
    answer = recognize(Request(audio=Path(path).read_bytes()))
    result = answer.utterances[0].result
    assert abs(sum(own.probability for own in result.probabilities) - 1) < 1e-4, result
    print(result.top)
