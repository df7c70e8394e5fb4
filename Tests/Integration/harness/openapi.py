"""docs/openapi.yaml as something that answers can be held against."""

import copy
import json
import re

import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from .process import ROOT

DOCUMENT = ROOT / "docs" / "openapi.yaml"
METHODS = ("get", "post", "put", "delete", "patch")


class Description:
    """The document with its references resolved. What a schema does not name is an error here."""

    def __init__(self):
        self.document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
        self.paths = self._resolved(self.document["paths"])

    def validate(self):
        validate(self.document)

    def operations(self):
        """{(path, method): operation}"""
        return {
            (path, method): item[method] for path, item in self.paths.items() for method in METHODS
            if method in item}

    def documented_statuses(self):
        """All (path, method, status) but the default ones."""
        return {
            (path, method, int(status)) for (path, method), operation in self.operations().items()
            for status in operation["responses"] if status != "default"}

    def check(self, path, method, answer, has_body=True):
        """Status, headers, media type and body of an answer are as documented."""
        responses = self.operations()[path, method]["responses"]
        assert str(answer.status) in responses, f"{method} {path} does not document {answer.status}: {answer}"
        response = responses[str(answer.status)]
        self._check_headers(response.get("headers", {}), answer)
        if has_body:
            self._check_body(response["content"], answer)

    def check_default(self, path, method, answer):
        """An answer to what is no acceptable request of this operation."""
        self._check_body(self.operations()[path, method]["responses"]["default"]["content"], answer)
        assert answer.problem()

    def schema(self, name):
        return self._resolved(self.document["components"]["schemas"][name])

    def _check_headers(self, headers, answer):
        for name, header in headers.items():
            assert name.lower() in answer.headers, f"{name} is missing: {answer}"
            value = answer.headers[name.lower()]
            number = header["schema"].get("type") == "integer"
            check(header["schema"], int(value) if number else value)

    def _check_body(self, content, answer):
        media_type = answer.headers["content-type"].split(";")[0]
        assert media_type in content, f"the type {media_type} is not documented: {answer}"
        schema = content[media_type]["schema"]
        for value in values(media_type, answer.body):
            check(schema, value)

    def _resolved(self, node):
        if isinstance(node, list):
            return [self._resolved(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return self._resolved(self._target(node["$ref"]))
        node = {name: self._resolved(value) for name, value in node.items()}
        if "properties" in node:
            node.setdefault("additionalProperties", False)
        return node

    def _target(self, reference):
        target = self.document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        return copy.deepcopy(target)


def values(media_type, body):
    """What the schema is of: the object, each line of NDJSON, or the text."""
    if media_type == "application/x-ndjson":
        return [json.loads(line) for line in body.split(b"\n") if line]
    if media_type.endswith("json"):
        return [json.loads(body)]
    return [body.decode()]


def check(schema, value):
    errors = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in
              Draft202012Validator(schema).iter_errors(value)]
    assert not errors, f"{errors} in {str(value)[:500]}"


def routes(*sources):
    """{(path, method)} that a service's Swift sources register, with the names that the document uses."""
    text = "".join((ROOT / source).read_text(encoding="utf-8") for source in sources)
    found = re.findall(r'Route\(\s*\.(\w+),\s*"([^"]+)"', text)
    return {(named(path), method) for method, path in found}


# What the stars behind a segment of a route stand for.
PARAMETERS = {
    "messages": ("channel", "offset"), "reactions": ("emoji",), "reads": ("channel",), "rooms": ("channel",),
    "members": ("name",), "accounts": ("name",), "kv": ("key",), "counters": ("name",)}


def named(route):
    """`/rooms/*/members/*` as the document writes it: `/rooms/{channel}/members/{name}`."""
    segments, names = [], iter(())
    for segment in route.split("/"):
        if segment == "*":
            segment = "{%s}" % next(names)
        else:
            names = iter(PARAMETERS.get(segment, ()))
        segments.append(segment)
    return "/".join(segments)
