"""Settings for confluent-kafka, from what mqchaos says in its hello. Secrets come in the environment, never in a line."""

import os

SECRETS = {
    "sasl.username": "MQCHAOS_SASL_USERNAME",
    "sasl.password": "MQCHAOS_SASL_PASSWORD",
    "ssl.ca.pem": "MQCHAOS_TLS_CA",
    "ssl.certificate.pem": "MQCHAOS_TLS_CERT",
    "ssl.key.pem": "MQCHAOS_TLS_KEY",
}


def connection(hello):
    secrets = {key: os.environ[name] for key, name in SECRETS.items() if name in os.environ}
    return {**hello["connection"], **secrets}
