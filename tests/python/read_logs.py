"""Reads a log group with AWS's own SDK, from the endpoint that it is given, and tells all of it.

usage: read_logs.py <endpoint> <group>
"""

import json
import sys

import boto3

endpoint, group = sys.argv[1:]
logs = boto3.client(
    "logs",
    endpoint_url=endpoint,
    region_name="eu-central-1",
    aws_access_key_id="any",
    aws_secret_access_key="any",
)


def messages(stream):
    """All messages of a stream, the earliest first: its pages end when a token comes again."""
    found, token = [], None
    while True:
        more = {"nextToken": token} if token else {}
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **more)
        found += [event["message"] for event in page["events"]]
        if page["nextForwardToken"] == token:
            return found
        token = page["nextForwardToken"]


groups = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
told = {"groups": [[one["logGroupName"], one.get("retentionInDays")] for one in groups], "streams": {}}
if groups:
    told["tags"] = logs.list_tags_log_group(logGroupName=group)["tags"]
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=group)
    names = [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
    told["streams"] = {name: messages(name) for name in names}
print(json.dumps(told), flush=True)
