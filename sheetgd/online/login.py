"""Logging in to Google: a person through the browser; what to do for a service account, in words.

What is stored is stored where gspread's users keep it, readable by its owner alone.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from google.auth.exceptions import GoogleAuthError
from google_auth_oauthlib.flow import InstalledAppFlow
from oauthlib.oauth2 import OAuth2Error
from requests import RequestException

from ..books.google.credentials import (
    CREATE,
    SCOPE,
    WATCH,
    WRITE,
    client_file,
    granted_scopes,
    person_file,
    read_json,
    service_file,
)
from ..errors import BookError, listed

if TYPE_CHECKING:
    from google.oauth2.credentials import Credentials

CONSOLE = "https://console.cloud.google.com/auth/clients"
KEYS = "https://console.cloud.google.com/iam-admin/serviceaccounts"
PATIENCE = 300  # seconds in which somebody must have agreed in the browser
PROMPT = "Log in in the browser. If none has opened, open this address in one on this computer:\n{url}\n"
ALLOWS = {
    WRITE: "read and change your Google Sheets",
    CREATE: "make new ones",
    WATCH: "see which files lie in a Drive folder",
    f"{SCOPE}drive": "use all your Google Drive",
}


def login(*, create: bool = False, folder: bool = False) -> str:
    """Let a person log in through the browser, for Google Sheets, and with `create` to make new ones, with `folder` to
    watch a Drive folder; what was done, in words.

    Where there is no OAuth client to log in with, the words say what to put where; a BookError does where that is
    the next thing to do.
    """
    client = client_file()
    if client.exists():
        scopes = [WRITE, *[CREATE] * create, *[WATCH] * folder]
        with contextlib.suppress(BookError):  # a file that cannot be read is replaced
            if person_file().exists():
                had = granted_scopes(read_json(person_file()))
                scopes += [scope for scope in ALLOWS if scope in had and scope not in scopes]
        store(person_file(), _ask(client, scopes).to_json("token"))
        return f"You are logged in. sheetgd may now {listed([ALLOWS[scope] for scope in scopes])}."
    if service_file().exists() and not create:
        address = read_json(service_file()).get("client_email", "")
        return (
            f"sheetgd uses the service account {address}, whose key is {service_file()}. "
            "Share each Google Sheet with this address, as an Editor."
        )
    raise BookError(
        f"{client}, which you need to log in, is missing",
        f"at {CONSOLE} make an OAuth client (Desktop app), download its JSON to that place at once, because "
        f"its secret is shown only once, and run sheetgd login again; or make a service account at {KEYS} and "
        "save its key (JSON) as "
        f"{service_file()}, then share your sheets with its address, as an Editor; docs/google.md has every step",
    )


def _ask(client: Path, scopes: list[str]) -> Credentials:
    """Ask in the browser; the credentials that Google gives."""
    try:
        flow = InstalledAppFlow.from_client_config(read_json(client), scopes)
        given: Credentials = flow.run_local_server(
            port=0, authorization_prompt_message=PROMPT, timeout_seconds=PATIENCE
        )
        return given
    except AttributeError:  # the flow's, when nobody came back from the browser
        raise BookError(
            f"nobody logged in in the browser within {PATIENCE // 60} minutes",
            "run sheetgd login again; if Google said that access is blocked, add your address under Audience, Test "
            "users, at https://console.cloud.google.com/auth/audience, or ask your administrator to trust the app; if "
            "the browser runs on another computer, log in on that one and copy "
            f"{person_file().name} from there",
        ) from None
    except ValueError:
        raise BookError(
            f"{client} is not an OAuth client (Desktop app)",
            f"make one at {CONSOLE} and download its JSON",
        ) from None
    except Warning:  # oauthlib's, where other rights were given than were asked for
        raise BookError(
            "Google did not give the rights that sheetgd asked for", "log in again, and tick every box"
        ) from None
    except (OAuth2Error, GoogleAuthError) as error:
        code = getattr(error, "error", "")
        why = f" ({code})" if code and isinstance(code, str) else ""
        raise BookError(f"Google did not let you log in{why}", "run sheetgd login again") from None
    except RequestException:
        raise BookError("Google cannot be reached", "check the network and run sheetgd login again") from None


def store(path: Path, content: str) -> None:
    """Put a secret into a file that only its owner can read: the old one, or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        with open(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError as error:
        raise BookError(
            f"{path} cannot be written ({error.strerror})", "fix its folder's permissions"
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
