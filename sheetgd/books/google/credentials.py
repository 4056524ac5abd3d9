"""Who is logged in to Google: the credentials that lie where gspread's users keep them, and what they allow.

Nothing of a key or a token is ever shown, and no file is written here.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any, NamedTuple

from google.auth.exceptions import GoogleAuthError
from google.oauth2.credentials import Credentials as PersonCredentials
from google.oauth2.service_account import Credentials as ServiceCredentials
from gspread.auth import get_config_dir

from ...errors import BookError

log = logging.getLogger(__name__)

SCOPE = "https://www.googleapis.com/auth/"
LOOK, WRITE = f"{SCOPE}spreadsheets.readonly", f"{SCOPE}spreadsheets"
CREATE, WATCH = f"{SCOPE}drive.file", f"{SCOPE}drive.metadata.readonly"
LOGIN_OPTIONS = {CREATE: " --create", WATCH: " --folder"}  # of sheetgd login, which ask for these
_WIDER = {LOOK: {WRITE}, WATCH: {f"{SCOPE}drive"}, CREATE: {f"{SCOPE}drive"}, WRITE: set[str]()}


def person_file() -> Path:
    """Where the login of a person is kept."""
    return get_config_dir() / "authorized_user.json"


def service_file() -> Path:
    """Where the key of a service account is kept."""
    return get_config_dir() / "service_account.json"


def client_file() -> Path:
    """Where the OAuth client is kept, with which a person can log in."""
    return get_config_dir() / "credentials.json"


def folder_scope() -> str:
    """The right by which a folder can be listed: all that lies in it, or, where the login has no such right, only what
    sheetgd made itself."""
    try:
        granted = granted_scopes(read_json(person_file())) if person_file().exists() else {WATCH}
    except BookError:
        return WATCH  # whoever logs in with it says what is wrong
    return CREATE if CREATE in granted and granted.isdisjoint({WATCH, *_WIDER[WATCH]}) else WATCH


class User(NamedTuple):
    """Who calls Google, and the file that says so."""

    credentials: PersonCredentials | ServiceCredentials
    path: Path
    address: str  # a service account's; that of a person is not known

    @property
    def is_person(self) -> bool:
        return not self.address

    def __str__(self) -> str:
        return self.address or "the account that you are logged in with"


def find_user(scopes: list[str]) -> User:
    """The person who is logged in, else the service account whose key is there, with rights for these scopes."""
    person, service = person_file(), service_file()
    if person.exists():
        return _person(person, scopes)
    if service.exists():
        return _service(service, scopes)
    raise BookError(
        f"nobody is logged in to Google: {person.parent} holds neither {person.name} nor {service.name}",
        "run sheetgd login, which says what to put there",
    )


def _person(path: Path, scopes: list[str]) -> User:
    info = read_json(path)
    granted = granted_scopes(info)
    lacking = [scope for scope in scopes if granted.isdisjoint({scope, *_WIDER[scope]})]
    if lacking:
        names = ", ".join(scope.removeprefix(SCOPE) for scope in lacking)
        options = "".join(LOGIN_OPTIONS.get(scope, "") for scope in lacking)
        raise BookError(f"your login does not allow {names}", f"run: sheetgd login{options}")
    try:
        return User(PersonCredentials.from_authorized_user_info(info), path, "")
    except (ValueError, TypeError):
        raise BookError(
            f"{path} is not a login that sheetgd can use", "run: sheetgd login, which renews it"
        ) from None


def granted_scopes(info: dict[str, Any]) -> set[str]:
    """The scopes of a stored login; one that names none was made by gspread, which asks for sheets and Drive."""
    found = info.get("scopes") or [WRITE, f"{SCOPE}drive"]
    return set(found.split() if isinstance(found, str) else found)


def _service(path: Path, scopes: list[str]) -> User:
    try:
        credentials = ServiceCredentials.from_service_account_info(read_json(path), scopes=scopes)
    except (ValueError, GoogleAuthError):
        raise BookError(
            f"{path} is not a service account's key",
            "make a new key for it in the Google Cloud console (of type JSON) and save it there",
        ) from None
    return User(credentials, path, credentials.service_account_email)


def read_json(path: Path) -> dict[str, Any]:
    """What a file of credentials holds."""
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            log.warning("%s can be read by others on this computer; type: chmod 600 %s", path, path)
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BookError(f"{path} cannot be read ({error.strerror})", "fix its permissions") from None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        todo = (
            "run: sheetgd login, which renews it"
            if path == person_file()
            else "save there the file that the Google Cloud console gave you"
        )
        raise BookError(f"{path} is not a file of credentials (JSON)", todo)
    return found
