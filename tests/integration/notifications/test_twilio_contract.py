import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from werkzeug.test import Client

from notifications import addresses
from notifications.channel import OutgoingText
from notifications.double import Running
from notifications.double.listener import Listener
from notifications.twilio_sms import TwilioSms

Document = dict[str, Any]
PATH = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


@pytest.fixture
def document(shared_data: Path) -> Document:
    text = (shared_data / "08_clients" / "twilio_api_v2010.json").read_text(encoding="utf-8")
    read: Document = json.loads(text)
    return read


def as_json_schema(document: Document, node: Any) -> Any:
    """Resolve references, and write OpenAPI 3.0's `nullable` as JSON Schema does."""
    if isinstance(node, list):
        return [as_json_schema(document, one) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return as_json_schema(document, document["components"]["schemas"][node["$ref"].rpartition("/")[2]])
    schema = {name: as_json_schema(document, value) for name, value in node.items() if name != "nullable"}
    return {"anyOf": [schema, {"type": "null"}]} if node.get("nullable") else schema


def answer_schema(document: Document, path: str, method: str, status: str) -> Document:
    answer = document["paths"][path][method]["responses"][status]
    schema: Document = as_json_schema(document, answer["content"]["application/json"]["schema"])
    return schema


def test_what_we_send_is_a_request_of_the_provider_s_own_document(
    document: Document, make_sms: Callable[..., TwilioSms], product: Listener
) -> None:
    schema = document["paths"][PATH]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"][
        "schema"
    ]
    product.answer = json.dumps({"sid": "SM" + "0" * 32, "num_segments": "1"})
    text = OutgoingText(
        "o1", addresses.drill_number(1), "新任务", "zh", 60, "https://g.cn/hooks/twilio/status?outbox=o1"
    )

    make_sms(api_base=product.url).send(text)

    fields = product.calls[0].fields
    assert fields.keys() == {"To", "From", "Body", "ValidityPeriod", "StatusCallback"}
    assert set(schema["required"]) <= fields.keys() <= schema["properties"].keys()
    assert schema["properties"]["ValidityPeriod"]["type"] == "integer"
    assert fields["ValidityPeriod"] == "60"


def test_what_the_double_answers_is_an_answer_of_the_provider_s_own_document(
    document: Document, double: Running
) -> None:
    client, config = Client(double.double), double.double.config
    auth = (config.account_sid, config.auth_token)
    path = PATH.replace("{AccountSid}", config.account_sid)

    created = client.post(
        path, data={"To": addresses.drill_number(1), "From": config.sender, "Body": "1"}, auth=auth
    )
    listed = client.get(path, query_string={"To": addresses.drill_number(1)}, auth=auth)

    jsonschema.validate(created.get_json(), answer_schema(document, PATH, "post", "201"))
    jsonschema.validate(listed.get_json(), answer_schema(document, PATH, "get", "200"))
    known = answer_schema(document, PATH, "post", "201")["properties"]
    assert created.get_json().keys() == listed.get_json()["messages"][0].keys() == known.keys()
