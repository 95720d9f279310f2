# Verifies one delivery by the library of Standard Webhooks. Arguments: secret, id, timestamp, signature, body.
import sys

from standardwebhooks.webhooks import Webhook

secret, name, sent, signature, body = sys.argv[1:6]
headers = {"webhook-id": name, "webhook-timestamp": sent, "webhook-signature": signature}
print("verified", Webhook(secret).verify(body, headers)["type"])
