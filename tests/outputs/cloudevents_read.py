# Reads CloudEvents by the CNCF SDK: a file with one event, a file with a batch. Each event is validated by the SDK.
import json
import sys

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

one, many = (open(path, "rb").read() for path in sys.argv[1:3])
form = JSONFormat()
events = [form.read(CloudEvent, one)]
events += [form.read(CloudEvent, json.dumps(event).encode()) for event in json.loads(many)]
for event in events:
    sequence = event.get_extension("sequence")
    print(event.get_id(), event.get_type(), event.get_source(), event.get_subject(), event.get_time().isoformat(), sequence, event.get_data()["unit"])
