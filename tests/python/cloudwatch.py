"""A program with AWS's own SDK: it uses the CloudWatch Logs API at the endpoint that it is given, and tells what it saw.

usage: cloudwatch.py <endpoint> <trace id>
"""

import json
import sys
import threading
import time

import boto3
from botocore.exceptions import ClientError

endpoint, trace_id = sys.argv[1:]
logs = boto3.client(
    "logs",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="any",
    aws_secret_access_key="any",
)
GROUP, STREAMS = "cruddur", ["activities/1", "users/1"]
HOUR = 60 * 60 * 1000
now = int(time.time() * 1000)


def put(stream, events):
    events = [{"timestamp": at, "message": message} for at, message in events]
    return logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def error_of(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        answer = error.response
        return [answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]]


def line(number):
    fields = {"level": "INFO", "message": f"Line {number}", "service.name": "users", "trace_id": trace_id}
    return json.dumps(fields)


def follow(expected):
    """Reads as `aws logs tail --follow` does: all pages from the time of the last event on, without those seen there."""
    pages = logs.get_paginator("filter_log_events")
    seen, texts, since, deadline = set(), [], now, time.monotonic() + 30
    while len(texts) < expected and time.monotonic() < deadline:
        found = pages.paginate(
            logGroupName=GROUP,
            logStreamNamePrefix="follow/",
            interleaved=True,
            startTime=since,
            PaginationConfig={"PageSize": 7},
        )
        for event in (event for page in found for event in page["events"]):
            if event["eventId"] not in seen:
                seen.add(event["eventId"])
                texts.append(event["message"])
                since = max(since, event["timestamp"])
    return texts


def write():
    for number in range(100):
        stream = f"follow/{number % 2}"
        put(stream, [(int(time.time() * 1000), f"Event {number}")])


told = {}
logs.create_log_group(logGroupName=GROUP, tags={"app": "cruddur"})
for stream in [*STREAMS, "follow/0", "follow/1"]:
    logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
logs.put_retention_policy(logGroupName=GROUP, retentionInDays=30)
told["group again"] = error_of(logs.create_log_group, logGroupName=GROUP)
told["no such stream"] = error_of(logs.get_log_events, logGroupName=GROUP, logStreamName="none")
told["bad pattern"] = error_of(logs.filter_log_events, logGroupName=GROUP, filterPattern="{ $.a = ")
told["retention"] = logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"][0]["retentionInDays"]

answer = put(STREAMS[0], [(now - 400 * HOUR, "old"), (now, "kept"), (now + 3 * HOUR, "new")])
told["rejected"] = answer["rejectedLogEventsInfo"]
put(STREAMS[1], [(now + number // 10, line(number)) for number in range(50)])

streams = logs.get_paginator("describe_log_streams").paginate(logGroupName=GROUP, PaginationConfig={"PageSize": 3})
told["streams"] = [stream["logStreamName"] for page in streams for stream in page["logStreams"]]
found = logs.get_paginator("filter_log_events").paginate(
    logGroupName=GROUP,
    filterPattern='{ $.trace_id = "%s" && $.level != "ERROR" }' % trace_id,
    PaginationConfig={"PageSize": 8},
)
told["filtered"] = [json.loads(event["message"])["message"] for page in found for event in page["events"]]
page = logs.get_log_events(logGroupName=GROUP, logStreamName=STREAMS[1], startFromHead=True, limit=2)
told["first"] = [json.loads(event["message"])["message"] for event in page["events"]]

writer = threading.Thread(target=write)
writer.start()
told["followed"] = follow(100)
writer.join()
print(json.dumps(told), flush=True)
