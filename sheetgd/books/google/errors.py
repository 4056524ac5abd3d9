"""What Google's refusals mean for a teacher, and what to do: one sentence for each."""

from __future__ import annotations

import re
from typing import Any

import requests
from google.auth.exceptions import RefreshError

from ...errors import BookError
from .credentials import User, client_file

_LINK = re.compile(r"https://console\.(?:developers|cloud)\.google\.com/\S+")
_UNKNOWN_OUTCOME = (
    "look at the sheet's start cells: if they are as they were, nothing was written; then try again"
)
_USER_MESSAGE = re.compile(r'User message: "(.*)"')
_STAYS = "your login stays as it is"
_PASSED_BY = "sheets.googleapis.com, www.googleapis.com and oauth2.googleapis.com"
_NOT_SHARED = frozenset(  # reasons of Drive's: the organization's rules, or those of a shared drive
    {
        "cannotShareTeamDriveTopFolderWithAnyoneOrDomains",
        "cannotShareTeamDriveWithNonGoogleAccounts",
        "publishOutNotPermitted",
        "shareInNotPermitted",
        "shareOutNotPermitted",
        "teamDriveDomainUsersOnlyRestriction",
        "teamDriveTeamMembersOnlyRestriction",
        "teamDrivesSharingRestrictionNotAllowed",
    }
)
_OWN_FOLDER = "leave --folder out: then sheetgd makes a folder, which you can rename and move"
_TOO_OFTEN = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "sharingRateLimitExceeded"})


class CallFailed(BookError):
    """A call to Google brought nothing: it was refused, or did not arrive, or its answer did not."""


class Refused(CallFailed):
    """Google's servers answered, and said no; `status` is the HTTP status, 429 for all that waiting cures."""

    def __init__(self, found: str, todo: str, status: int) -> None:
        super().__init__(found, todo)
        self.status = status


class Unreachable(CallFailed):
    """The call or its answer was lost on the way: what it asked for may have been done."""


class Intercepted(Unreachable):
    """Somebody else's page came instead of Google's answer: a web filter's, or that of a network to sign in to."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"a web page came back instead of an answer from {url.split('/')[2]}: something between this computer and "
            "Google, such as a web filter or a network that wants a sign-in, blocks the call",
            f"open a page in the browser and sign in to the network, or ask your administrator to let {_PASSED_BY} "
            "through",
        )


def is_page(kind: str | None) -> bool:
    """Whether a content type is that of a web page, which no answer of Google's programming interfaces has."""
    return (kind or "").partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml")


def refused(response: requests.Response, user: User, *, writing: bool) -> CallFailed:
    """The error for an answer that does not report success."""
    status, error = response.status_code, _error_in(response)
    if status < 500 and is_page(response.headers.get("Content-Type")):
        return Intercepted(response.url)
    message = " ".join(str(error.get("message", "")).split())
    details = [*error.get("details", []), *error.get("errors", [])]  # Drive has its own, older shape
    reasons = {str(detail.get("reason")) for detail in details if isinstance(detail, dict)}
    if reasons & _TOO_OFTEN:
        status = 429
        found = "Google Drive is taking no more calls for the moment"
        todo = "wait a few minutes and try again"
    elif status == 403:
        found, todo = _forbidden(message, reasons, user, writing)
    elif status == 404:
        found = "there is no Google Sheet at this address"
        todo = "copy the address again from the browser in which the sheet is open"
    elif status == 429:
        found = "Google allows 60 reads and 60 writes a minute, and these are used up"
        todo = "wait a minute and try again"
    elif status >= 500:
        found = f"Google's servers failed several times (HTTP {status})"
        todo = _UNKNOWN_OUTCOME if writing else "try again in a few minutes"
    elif status == 401:
        found = f"Google does not accept the credentials in {user.path}"
        todo = _log_in_again(user)
    else:
        found, todo = _invalid(message or f"HTTP {status}", user)
    return Refused(found, todo, status)


def _error_in(response: requests.Response) -> dict[str, Any]:
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}


def _forbidden(message: str, reasons: set[str], user: User, writing: bool) -> tuple[str, str]:
    if "SERVICE_DISABLED" in reasons or "has not been used in project" in message:
        link = _LINK.search(message)
        where = (
            link[0].rstrip(".,")
            if link
            else "https://console.cloud.google.com/apis/library/sheets.googleapis.com"
        )
        api = "Drive" if "Drive API" in message else "Sheets"
        found = f"the Google {api} API is not switched on in the project of {user.path}"
        return found, f"open {where}, press Enable, wait a minute, and try again"
    if forbidden := _forbidden_by_drive(reasons, user):
        return forbidden
    if "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in reasons:
        return f"the login in {user.path} does not allow this", _log_in_again(user)
    share = f"press Share in Google Sheets and add {user} as an Editor"
    if user.is_person:
        share += ", or log in with another account: sheetgd login"
    if writing:
        return f"{user} may read it but not change it", share
    return f"it is not shared with {user}", share


def _forbidden_by_drive(reasons: set[str], user: User) -> tuple[str, str] | None:
    """What Drive forbids, by the reasons that it gives; None for others."""
    if "storageQuotaExceeded" in reasons and user.is_person:
        return "your Google Drive is full", "make room there, and try again"
    if "domainPolicy" in reasons:
        return (
            "your organization does not let programs such as sheetgd use Google Drive",
            "ask its administrator to allow it (Admin console, Apps, Google Workspace, Drive and Docs, Features and "
            "Applications, Drive SDK)",
        )
    if reasons & _NOT_SHARED:
        return (
            "the rules of your organization, or of this shared drive, do not allow this sharing",
            "use an address of your organization, or ask its administrator",
        )
    if "teamDriveMembershipRequired" in reasons:
        return (
            f"{user} is not a member of this shared drive",
            "ask its manager to add you as a Content manager",
        )
    if "appNotAuthorizedToFile" in reasons:
        return "with your login sheetgd may use only files and folders that it made itself", _OWN_FOLDER
    if "insufficientFilePermissions" in reasons:
        return f"{user} may not do this with that file or folder", "ask its owner to make you an Editor of it"
    return None


def _invalid(message: str, user: User) -> tuple[str, str]:
    if "protected cell or object" in message:
        return (
            f"sheetgd would write into cells that are protected, which {user} may not change",
            "ask its owner to allow it (Data > Protect sheets and ranges)",
        )
    if "not supported for this document" in message:
        return (
            "it is an Excel file kept in Google Drive, not a Google Sheet",
            "open it there, choose File > Save as Google Sheets, and use the address of the new sheet",
        )
    if "No grid with id" in message or "Unable to parse range" in message:
        return (
            "the sheet was deleted while sheetgd was at work",
            "check whether it is still there, and try again",
        )
    if shared := _USER_MESSAGE.search(message):
        return f"Google does not share it ({shared[1].rstrip('.')})", "check the e-mail address"
    if "10000000 cells" in message.replace(",", ""):
        return too_many_cells()
    return f"Google refused the request ({message.rstrip('.')})", "please report this"


def too_many_cells() -> tuple[str, str]:
    """What is found, and what to do, where a spreadsheet would get too large."""
    found = "a Google Sheet holds at most 10,000,000 cells"
    return found, "run fewer epochs, log fewer with --log-every, or reset first"


def _log_in_again(user: User) -> str:
    if user.is_person:
        return "run: sheetgd login, which renews it with the rights that it has"
    return f"make a new key for {user} in the Google Cloud console and save it as {user.path}"


def not_accepted(error: RefreshError, user: User) -> CallFailed:
    """The error for credentials that give no token."""
    details = next((part for part in error.args if isinstance(part, dict)), None)
    code = str((details or {}).get("error", ""))
    if error.retryable or not code:  # an outage says nothing of the login
        return Unreachable(
            "Google's servers that know the logins failed several times",
            f"try again in a few minutes; {_STAYS if user.is_person else 'the key stays as it is'}",
        )
    if not user.is_person:
        return CallFailed(
            f"Google does not accept the key of {user} ({code})",
            f"check this computer's clock, or {_log_in_again(user)}",
        )
    if code in ("invalid_client", "deleted_client", "disabled_client", "unauthorized_client"):
        return CallFailed(
            f"Google no longer knows the OAuth client with which you logged in ({code})",
            f"make one, save its file as {client_file()} (docs/google.md says how), and run: sheetgd login",
        )
    if code in ("admin_policy_enforced", "org_internal", "access_denied"):
        return CallFailed(
            f"your organization does not let this login use Google Sheets ({code})",
            "ask its administrator to trust the OAuth client (docs/google.md says where)",
        )
    return CallFailed(f"your login to Google has expired or was revoked ({code})", _log_in_again(user))


def unreachable(error: Exception, *, writing: bool) -> Unreachable:
    """The error for a connection that does not come about or breaks off."""
    text = repr(error)
    if "NameResolutionError" in text or "getaddrinfo" in text:
        why = "its address was not found"
    elif "CERTIFICATE" in text.upper() or "SSLError" in text:
        why = "the secure connection failed"
    elif "imeout" in text or "timed out" in text:
        why = "it did not answer"
    else:
        why = "the connection broke off"
    todo = "check the network and try again"
    if writing:
        todo = f"check the network, and {_UNKNOWN_OUTCOME}"
    return Unreachable(f"Google cannot be reached ({why})", todo)
