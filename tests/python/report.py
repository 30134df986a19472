"""A program with Rollbar's own SDK: it reports an exception and a message to the endpoint that it is given.

usage: report.py <endpoint> <access token> <trace id> <span id>
"""

import json
import sys

import rollbar

endpoint, token, trace_id, span_id = sys.argv[1:]
rollbar.init(token, "python", endpoint=endpoint, handler="blocking", code_version="1.2.3")


def divide(number):
    return number / 0


try:
    divide(7)
except ZeroDivisionError:
    exception = rollbar.report_exc_info(extra_data={"trace_id": trace_id, "span_id": span_id, "service": "calculator"})

message = rollbar.report_message("Hello World!", "warning", extra_data={"trace_id": trace_id})
print(json.dumps({"exception": exception, "message": message}), flush=True)
