# Reads an Open311 GeoReport v2 interface by the client `georeport` and prints what it found, for the tests to compare.
# Arguments: the address, `json` or `xml`, and the jurisdiction when there is one.
import sys

import requests
from georeport import GeoReport

address, form = sys.argv[1:3]
jurisdiction = sys.argv[3] if len(sys.argv) > 3 else None
city = GeoReport(address, jurisdiction=jurisdiction, output_format=form)


def many(found):
    # One element of XML is no list for this client.
    return found if isinstance(found, list) else [found]


services = many(city.get_service_list())
for service in services:
    print("service", service["service_code"], service["service_name"])
print("definition", city.get_service_definition(services[0]["service_code"])["service_code"])
found = many(city.get_service_requests())
for request in found:
    print("request", request["service_request_id"], request["status"], request["agency_responsible"], request["requested_datetime"])
one = many(city.get_service_request(found[0]["service_request_id"]))[0]
print("one", one["service_request_id"], one["expected_datetime"])
try:
    city.get_service_request("000000000000")
except requests.HTTPError as refused:
    print("refused", refused.response.status_code)
