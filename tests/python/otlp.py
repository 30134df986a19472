"""A program with the OpenTelemetry SDK and Python's own logging: it sends a span and two log records of it to an
explorer, over HTTP and over gRPC, plain and with gzip, and tells the trace of each.

usage: otlp.py <address of OTLP/HTTP> <address of OTLP/gRPC>
"""

import json
import logging
import sys

import grpc
from opentelemetry.exporter.otlp.proto.grpc import _log_exporter as grpc_logs, trace_exporter as grpc_traces
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http import _log_exporter as http_logs, trace_exporter as http_traces
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

http_address, grpc_address = sys.argv[1:]


def send(name, spans, records):
    """Makes a span with two log records by a process called `name`; the id of its trace."""
    resource = Resource.create({"service.name": name, "service.version": "1.2", "service.instance.id": "one"})
    traces, logs = TracerProvider(resource=resource), LoggerProvider(resource=resource)
    traces.add_span_processor(BatchSpanProcessor(spans))
    logs.add_log_record_processor(BatchLogRecordProcessor(records))
    logger = logging.getLogger(f"shop.{name}")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(LoggingHandler(logger_provider=logs))
    with traces.get_tracer("shop").start_as_current_span("work") as span:
        logger.debug("Began", extra={"cart.items": 3})
        try:
            1 / 0
        except ZeroDivisionError:
            logger.exception("Failed %s", "utterly")
    traces.shutdown()
    logs.shutdown()
    return format(span.get_span_context().trace_id, "032x")


def over_http(compression):
    spans = http_traces.OTLPSpanExporter(f"{http_address}/v1/traces", compression=compression)
    return spans, http_logs.OTLPLogExporter(f"{http_address}/v1/logs", compression=compression)


def over_grpc(compression):
    spans = grpc_traces.OTLPSpanExporter(grpc_address, insecure=True, compression=compression)
    return spans, grpc_logs.OTLPLogExporter(grpc_address, insecure=True, compression=compression)


ways = {
    "http": over_http(Compression.NoCompression),
    "http-gzip": over_http(Compression.Gzip),
    "grpc": over_grpc(grpc.Compression.NoCompression),
    "grpc-gzip": over_grpc(grpc.Compression.Gzip),
}
print(json.dumps({name: send(name, *exporters) for name, exporters in ways.items()}))
