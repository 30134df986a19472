"""A service of somebody else: Flask and the OpenTelemetry SDK, as their documentation puts them together.

It calls the activities service (`/start?url=...`), and plays the users service, so that activities calls it.
"""

import json

import requests
from flask import Flask, jsonify, request
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from werkzeug.serving import make_server

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=100))
trace.set_tracer_provider(provider)

app = Flask(__name__)
FlaskInstrumentor().instrument_app(app)
RequestsInstrumentor().instrument()


@app.get("/start")
def start():
    """Calls the given URL within the trace of this request, and tells that trace's id."""
    answer = requests.get(request.args["url"], timeout=20)
    trace_id = trace.get_current_span().get_span_context().trace_id
    return jsonify(status=answer.status_code, trace_id=format(trace_id, "032x"), traceresponse=answer.headers.get("traceresponse"))


@app.get("/api/users")
def users():
    """The users service's look-up of several handles."""
    handles = [handle for handle in request.args.get("handles", "").split(",") if handle]
    return jsonify([
        {"uuid": f"00000000-0000-4000-8000-{number:012d}", "handle": handle, "display_name": f"Foreign {handle}"}
        for number, handle in enumerate(handles)
    ])


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(json.dumps({"message": "Listening", "server.port": server.socket.getsockname()[1]}), flush=True)
    server.serve_forever()
