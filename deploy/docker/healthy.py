"""The container's health check: whether this process answers on the first host name of the User API."""

import http.client
import os
import sys

TIMEOUT_S = 3

connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8080")), timeout=TIMEOUT_S)
try:
    host = os.environ.get("USER_API_HOSTS", "user-api.local").split(",")[0].strip()
    connection.request("GET", "/health", headers={"Host": host})
    sys.exit(connection.getresponse().status != http.HTTPStatus.OK)
except OSError:
    sys.exit(1)
