"""Who speaks to the test server: the token endpoint, and the credential files that gspread's users keep.

A service account's JWT is verified with its public key; refresh tokens of a person's authorized_user.json are
exchanged; every access token remembers its user and its scopes.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

from .contract import ApiError, Json

TOKEN_URL = "https://oauth2.googleapis.com/token"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/"
ROBOT = "sheetgd@lesson-123.iam.gserviceaccount.com"
TEACHER = "teacher@example.org"
CLIENT = "1234.apps.googleusercontent.com"
LIFE = 3599  # seconds


class OAuthError(Exception):
    """An error of the token endpoint, such as invalid_grant."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


@dataclass(frozen=True)
class Granted:
    """What an access token stands for."""

    user: str
    scopes: frozenset[str]
    client: str
    expires: float


@dataclass
class Tokens:
    """The accounts, and the tokens given out; `now` tells the time."""

    now: Callable[[], float]
    given: dict[str, Granted] = field(default_factory=dict)
    refresh: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    asked: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    revoked: bool = False
    no_client: bool = False  # somebody has deleted the OAuth client
    codes: dict[str, tuple[str, frozenset[str]]] = field(
        default_factory=dict
    )  # of people who agreed in the browser

    def exchange(self, form: dict[str, str]) -> Json:
        """Answer a POST to the token endpoint."""
        grant = form.get("grant_type")
        if grant == "authorization_code":
            return self._agreed(form)
        if grant not in (JWT_GRANT, "refresh_token"):
            raise OAuthError("unsupported_grant_type", f"Invalid grant_type: {grant}")
        if self.revoked:
            raise OAuthError("invalid_grant", "Token has been expired or revoked.")
        if self.no_client and grant == "refresh_token":
            raise OAuthError("deleted_client", "The OAuth client was deleted.")
        user, scopes, client = self._service(form) if grant == JWT_GRANT else self._person(form)
        self.asked.append((user, scopes))
        token = "ya29." + secrets.token_urlsafe(24)
        self.given[token] = Granted(user, scopes, client, self.now() + LIFE)
        answer: Json = {"access_token": token, "expires_in": LIFE, "token_type": "Bearer"}
        return answer if grant == JWT_GRANT else {**answer, "scope": " ".join(sorted(scopes))}

    def _agreed(self, form: dict[str, str]) -> Json:
        """A person who has just agreed in the browser: an access token and one to refresh it."""
        found = self.codes.pop(form.get("code", ""), None)
        if found is None or not form.get("redirect_uri", "").startswith("http://localhost:"):
            raise OAuthError("invalid_grant", "Malformed auth code.")
        refresh, token = "1//" + secrets.token_urlsafe(24), "ya29." + secrets.token_urlsafe(24)
        self.refresh[refresh] = found
        self.asked.append(found)
        self.given[token] = Granted(*found, CLIENT, self.now() + LIFE)
        answer: Json = {"access_token": token, "refresh_token": refresh, "expires_in": LIFE}
        return {**answer, "token_type": "Bearer", "scope": " ".join(sorted(found[1]))}

    def _service(self, form: dict[str, str]) -> tuple[str, frozenset[str], str]:
        """A service account, by the signature of its key."""
        try:
            claims = jwt.decode(form.get("assertion", ""), certs=key_pair()[1], audience=TOKEN_URL)
        except ValueError as error:
            raise OAuthError("invalid_grant", f"Invalid JWT Signature. ({error})") from error
        if claims.get("iss") != ROBOT:
            raise OAuthError("invalid_grant", "Invalid grant: account not found")
        if claims["exp"] - claims["iat"] > 3600:
            raise OAuthError("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)")
        if not claims.get("scope"):
            raise OAuthError("invalid_scope", "Empty or missing scope not allowed.")
        return ROBOT, frozenset(claims["scope"].split()), "robot"

    def _person(self, form: dict[str, str]) -> tuple[str, frozenset[str], str]:
        """A person, by a refresh token that was given out."""
        found = self.refresh.get(form.get("refresh_token", ""))
        if found is None:
            raise OAuthError("invalid_grant", "Bad Request")
        if not form.get("client_id") or not form.get("client_secret"):
            raise OAuthError("invalid_client", "The OAuth client was not found.")
        user, granted = found
        wanted = frozenset(form.get("scope", "").split()) or granted
        if not wanted <= granted:
            raise OAuthError("invalid_scope", "Bad Request")
        return user, wanted, form["client_id"]

    def who(self, authorization: str | None) -> Granted:
        """Whose call it is, or Google's 401."""
        kind, _, token = (authorization or "").partition(" ")
        granted = self.given.get(token)
        if kind == "Bearer" and granted is not None and granted.expires > self.now():
            return granted
        raise ApiError(
            401,
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other"
            " valid authentication credential. See"
            " https://developers.google.com/identity/sign-in/web/devconsole-project.",
        )

    def forget(self) -> None:
        """Let every access token be invalid from now on; new ones can be had."""
        self.given.clear()


@cache
def key_pair() -> tuple[str, str]:
    """A key made for this test session: private (PKCS 8) and public, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain).decode(), public.decode()


def service_account(private_key: str | None = None) -> Json:
    """The content of service_account.json; another key than the real one makes it a wrong one."""
    return {
        "type": "service_account",
        "project_id": "lesson-123",
        "private_key_id": "0123456789abcdef0123456789abcdef01234567",
        "private_key": private_key or key_pair()[0],
        "client_email": ROBOT,
        "client_id": "100000000000000000001",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": TOKEN_URL,
        "universe_domain": "googleapis.com",
    }


def authorized_user(tokens: Tokens, scopes: tuple[str, ...] = ("spreadsheets", "drive")) -> Json:
    """The content of a teacher's authorized_user.json, with scopes by their last word."""
    refresh, full = "1//" + secrets.token_urlsafe(24), [SCOPE + scope for scope in scopes]
    tokens.refresh[refresh] = TEACHER, frozenset(full)
    return {
        "refresh_token": refresh,
        "token_uri": TOKEN_URL,
        "client_id": CLIENT,
        "client_secret": "GOCSPX-secret",
        "scopes": full,
        "universe_domain": "googleapis.com",
    }


def write_json(path: Path, content: Any) -> Path:
    """A credential file at a path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    path.chmod(0o600)
    return path
