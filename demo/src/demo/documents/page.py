"""The merged OpenAPI document as one page that needs no script and nothing from elsewhere."""

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

VERBS = ("get", "post", "put", "patch", "delete")

STYLE = """
:root{--paper:#f7f4ee;--ink:#1f2a2e;--deep:#0f5257;--line:#ddd6c8;--soft:#6b7471}
@media(prefers-color-scheme:dark){:root{--paper:#14191b;--ink:#e8e3d8;--deep:#7cc4c0;--line:#2d3639;--soft:#98a19e}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 Georgia,serif}
main{max-width:56rem;margin:0 auto;padding:3rem 1.25rem 6rem}
h1{font-size:2rem;margin:0}h2{margin:3rem 0 .5rem;color:var(--deep)}
details{border-top:1px solid var(--line);padding:.6rem 0}summary{cursor:pointer;overflow-wrap:anywhere}
code,pre{font:14px/1.5 ui-monospace,monospace}pre{overflow-x:auto;padding:1rem;border:1px solid var(--line)}
b.verb{display:inline-block;width:4.2rem;font:600 13px ui-monospace,monospace;color:var(--deep)}
table{border-collapse:collapse;width:100%}td{padding:.25rem .75rem .25rem 0;vertical-align:top}
.soft{color:var(--soft)}a{color:var(--deep)}
"""


def page(document: dict[str, Any]) -> str:
    """HTML for a person who wants to call the shop."""
    body = "".join(_groups(document))
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main><h1>{title}</h1><p>{escape(document['info']['description'])} "
        f'<a href="/api/openapi.json">The document itself</a>.</p>{body}</main></body></html>\n'
    )


def _groups(document: dict[str, Any]) -> Iterator[str]:
    yield f"<h2>Anything</h2><p class=soft>It may be refused like this, too.</p>{_general(document)}"
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><p class=soft>{escape(tag['description'])}</p>"
        for path, verbs in document["paths"].items():
            for verb in VERBS:
                if tag["name"] in verbs.get(verb, {}).get("tags", []):
                    yield _operation(path, verb, verbs[verb], document)


def _operation(path: str, verb: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    return (
        f"<details><summary><b class=verb>{verb.upper()}</b> <code>{escape(path)}</code> "
        f"<span class=soft>{escape(operation.get('summary', ''))}</span></summary>"
        f"<p>{escape(operation.get('description', ''))}</p>"
        f"{_parameters(operation)}{_body(operation, document)}{_answers(operation)}</details>"
    )


def _parameters(operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(each['name'])}</code></td><td class=soft>{each['in']}"
        f"{', required' if each.get('required') else ''}</td><td>{escape(each.get('description', ''))}</td></tr>"
        for each in operation.get("parameters", [])
    )
    return f"<table>{rows}</table>" if rows else ""


def _body(operation: dict[str, Any], document: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return ""
    schema = content["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return f"<pre>{escape(json.dumps(schema, indent=2))}</pre>"


def _answers(operation: dict[str, Any]) -> str:
    """What this route declares. The other answers are references, and told once."""
    own = {status: answer["description"] for status, answer in operation["responses"].items() if "$ref" not in answer}
    return _table(own.items())


def _general(document: dict[str, Any]) -> str:
    answers = document["components"]["responses"]
    found = {
        (status, answers[answer["$ref"].rpartition("/")[2]]["description"])
        for verbs in document["paths"].values()
        for operation in verbs.values()
        for status, answer in operation["responses"].items()
        if "$ref" in answer
    }
    return _table(sorted(found))


def _table(answers: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><td><code>{status}</code></td><td>{escape(told)}</td></tr>" for status, told in answers)
    return f"<table>{rows}</table>"
