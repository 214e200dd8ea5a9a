"""Ask the platform that runs here as one of its demo accounts: for trying things out from a shell."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from server.documents.builtin import SIGN_IN
from server.errors import AppError, NotFound

_SECONDS = 30


class AskFailed(AppError):
    """The platform did not answer, or answered with errors; the text says which."""

    default_code = "ASK_FAILED"


def ask(demo: Path, tenant: str, username: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The data of the answer. ``demo`` is demo.json. Errors: NotFound for an unknown account; AskFailed."""
    found = _demo(demo)
    for account in found["accounts"]:
        if (account["tenant"], account["username"]) == (tenant, username):
            break
    else:
        raise NotFound(
            "There is no demo account {username} in {tenant}; see {file}.", username=username, tenant=tenant, file=demo
        )
    url = f"{found['url']}/graphql"
    given = {"tenant": tenant, "username": username, "password": account["password"]}
    payload = _post(url, SIGN_IN, {"input": given}, None)["signIn"]
    if payload["credentials"] is None:
        raise AskFailed("{answer}", answer=payload["userErrors"][0]["message"])
    return _post(url, document, variables, payload["credentials"]["accessToken"])


def pick(data: Any, path: str) -> Any:
    """The value at a dotted path: names of objects, numbers of lists. Errors: NotFound naming what is missing."""
    for step in path.split("."):
        try:
            data = data[int(step)] if isinstance(data, list) else data[step]
        except (KeyError, IndexError, TypeError, ValueError):
            raise NotFound("The answer has nothing at {path}.", path=path) from None
    return data


def _demo(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound("There is no {file}: start the platform first, with make up.", file=file) from None
    return found


def _post(url: str, document: str, variables: dict[str, Any], token: str | None) -> dict[str, Any]:
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    body = json.dumps({"query": document, "variables": variables}).encode()
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - the address is our own demo.json's
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310 - as above
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        raise AskFailed(
            "{url} answered {status}: {body}", url=url, status=error.code, body=error.read().decode()
        ) from error
    except OSError as error:
        raise AskFailed("Nobody answers at {url}: {reason}", url=url, reason=error) from error
    if answer.get("errors"):
        raise AskFailed("{answer}", answer="\n".join(error["message"] for error in answer["errors"]))
    data: dict[str, Any] = answer["data"]
    return data
