"""Errors and answers as Google words and shapes them."""

from __future__ import annotations

import json

from .contract import ApiError, Json
from .http import Reply

PROJECT = "123456789012"


def quota_message(kind: str, words: str) -> str:
    """What Google says when a quota is used up."""
    of = "of service 'sheets.googleapis.com' for consumer"
    limit = f"limit '{kind} requests {words}'"
    return f"Quota exceeded for quota metric '{kind} requests' and {limit} {of} 'project_number:{PROJECT}'."


def quota_detail(kind: str, words: str, limit: int) -> Json:
    return error_info(
        "RATE_LIMIT_EXCEEDED",
        service="sheets.googleapis.com",
        consumer=f"projects/{PROJECT}",
        quota_limit=f"{kind}Requests{words.title().replace(' ', '')}",
        quota_limit_value=str(limit),
        quota_metric=f"sheets.googleapis.com/{kind.lower()}_requests",
    )


def error_info(reason: str, **metadata: str) -> Json:
    """The machine-readable detail of an error."""
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    return {"@type": kind, "reason": reason, "domain": "googleapis.com", "metadata": metadata}


def disabled(service: str) -> ApiError:
    """The project has not enabled the interface."""
    name = {"sheets.googleapis.com": "Google Sheets API", "drive.googleapis.com": "Google Drive API"}[service]
    link = f"https://console.developers.google.com/apis/api/{service}/overview?project={PROJECT}"
    said = (
        f"{name} has not been used in project {PROJECT} before or it is disabled. Enable it by visiting {link} then"
        " retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and"
        " retry."
    )
    help_ = {"@type": "type.googleapis.com/google.rpc.Help"}
    links = [{"description": "Google developers console API activation", "url": link}]
    info = error_info("SERVICE_DISABLED", service=service, consumer=f"projects/{PROJECT}")
    return ApiError(403, said, [{**help_, "links": links}, info])


def scope_missing(service: str, method: str) -> ApiError:
    """The token's scopes do not allow the method."""
    info = error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", service=service, method=method)
    return ApiError(403, "Request had insufficient authentication scopes.", [info])


def as_json(status: int, content: Json, headers: dict[str, str] | None = None) -> Reply:
    """A reply with a JSON body."""
    return Reply(status, json.dumps(content, allow_nan=False).encode(), headers or {})
