"""The files of the test server's Drive: folders and spreadsheets, who may see and change them, listing and upload."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.parser import BytesHeaderParser
from typing import Any

from .contract import ApiError, Json, contract, parse_mask, select, unimplemented
from .sheets import Spreadsheet
from .tokens import ROBOT, SCOPE, Granted
from .xlsx import read_xlsx

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RANK = ["reader", "commenter", "writer", "fileOrganizer", "organizer", "owner"]


@dataclass
class File:
    """A file or folder; `roles` are by e-mail address, "anyone" among them."""

    id: str
    name: str
    mime: str
    owner: str
    created: float
    modified: float
    modified_by: str
    parents: list[str] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)
    version: int = 1
    trashed: bool = False
    book: Spreadsheet | None = None
    client: str = ""  # the application that made it, for the scope drive.file
    properties: dict[str, str] = field(default_factory=dict)  # that application's own
    shared_drive: bool = False

    @property
    def url(self) -> str:
        """The address that a teacher copies from the browser."""
        return f"https://docs.google.com/spreadsheets/d/{self.id}/edit#gid=0"

    def show(self, user: str, client: str = "") -> Json:
        """The file as Drive answers it to a user of an application."""
        return {
            "kind": "drive#file",
            "id": self.id,
            "name": self.name,
            "mimeType": self.mime,
            "trashed": self.trashed,
            "parents": self.parents,
            "createdTime": stamp(self.created),
            "modifiedTime": stamp(self.modified),
            "version": str(self.version),
            "lastModifyingUser": person(self.modified_by, user),
            "owners": [person(self.owner, user)],
            "ownedByMe": self.owner == user,
            **({"appProperties": self.properties} if self.properties and client == self.client else {}),
            "webViewLink": f"https://docs.google.com/spreadsheets/d/{self.id}/edit?usp=drivesdk",
            **({} if self.shared_drive else {"permissions": self.permissions()}),
        }

    def permissions(self) -> list[Json]:
        """With whom it is shared."""
        return [permission(email, role) for email, role in {self.owner: "owner", **self.roles}.items()]


class Drive:
    """All files, by id."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.mailed: list[str] = []  # who was written to
        self.lag = 0.0  # seconds until a list knows of a new file
        self.files: dict[str, File] = {}

    def add(
        self,
        name: str,
        mime: str,
        owner: str,
        parents: list[str] | None = None,
        client: str = "",
        *,
        shared_drive: bool = False,
    ) -> File:
        """A new file; what is in a folder of a shared drive is in that drive, too."""
        id = f"1sheetgd{len(self.files):04d}" + "x" * 32
        at = self.now()
        file = File(id, name, mime, owner, at, at, owner, parents or [], client=client)
        file.shared_drive = shared_drive or any(self.files[parent].shared_drive for parent in file.parents)
        if mime == SPREADSHEET:
            file.book = Spreadsheet(id, name, owner=owner)
        self.files[id] = file
        return file

    def touch(self, file: File, user: str) -> None:
        """Record that someone changed it."""
        file.version += 1
        file.modified, file.modified_by = max(self.now(), file.modified + 0.001), user

    def role(self, file: File, user: str) -> str | None:
        """What the user may do with a file, from its own shares and its folders'."""
        if file.owner == user:
            return "owner"
        inherited = [self.role(self.files[id], user) for id in file.parents if id in self.files]
        roles = [role for role in (*inherited, file.roles.get(user), file.roles.get("anyone")) if role]
        return max(roles, key=RANK.index, default=None)

    def visible(self, file: File, who: Granted) -> bool:
        """Whether the user, through this application's scopes, sees the file."""
        only_own = not who.scopes & {
            SCOPE + scope
            for scope in ("drive", "drive.readonly", "drive.metadata", "drive.metadata.readonly")
        }
        return self.role(file, who.user) is not None and (not only_own or file.client == who.client)

    def find(self, id: str, who: Granted, query: Json) -> File:
        """A file that the user sees, or Drive's 404; one in a shared drive is seen by those who say that they know of
        these."""
        file = self.files.get(id)
        if file is None or not self.visible(file, who):
            raise not_found(id)
        if file.shared_drive and query.get("supportsAllDrives") != "true":
            raise not_found(id)
        return file

    # -- methods -------------------------------------------------------------------------------------------------------
    def get(self, id: str, query: Json, who: Granted) -> Json:
        """drive.files.get"""
        if query.get("alt") == "media":
            raise unimplemented("the download of a file")
        return through(
            query.get("fields", "kind,id,name,mimeType"),
            self.find(id, who, query).show(who.user, who.client),
            "File",
        )

    def list(self, query: Json, who: Granted) -> Json:
        """drive.files.list: the query language's common part, order, paging and the mask."""
        size = int(query.get("pageSize", 100))
        if not 1 <= size <= 1000:
            raise invalid("pageSize")
        wanted = parse_query(query.get("q", ""))
        for parent in re.findall(r"'([^']+)'\s+in\s+parents", query.get("q", "")):
            if parent not in self.files or not self.visible(self.files[parent], who):
                raise not_found("")
        known = query.get("supportsAllDrives") == query.get("includeItemsFromAllDrives") == "true"
        found = [
            file
            for file in self.files.values()
            if self.visible(file, who)
            and wanted(file)
            and (known or not file.shared_drive)
            and (not self.lag or self.now() - file.created >= self.lag)
        ]
        for key in reversed([key for key in query.get("orderBy", "").split(",") if key.strip()]):
            sort(found, key.strip())
        token = query.get("pageToken", "0")
        if not re.fullmatch(r"(~!!~)?\d+", token):
            raise invalid("pageToken")
        first = int(token.removeprefix("~!!~"))
        answer: Json = {
            "kind": "drive#fileList",
            "incompleteSearch": False,
            "files": [file.show(who.user, who.client) for file in found[first : first + size]],
        }
        if first + size < len(found):
            answer["nextPageToken"] = f"~!!~{first + size}"
        default = "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)"
        return through(query.get("fields", default), answer, "FileList")

    def create(self, query: Json, metadata: Json, content: tuple[str, bytes] | None, who: Granted) -> Json:
        """drive.files.create: an empty file, a folder, or a workbook turned into a spreadsheet."""
        mime = metadata.get("mimeType", content[0] if content else "application/octet-stream")
        if who.user == ROBOT and mime != FOLDER:
            said = (
                "Service Accounts do not have storage quota. Use shared drives, or OAuth delegation instead."
            )
            raise ApiError(403, said, domain="usageLimits", reason="storageQuotaExceeded")
        if mime not in (SPREADSHEET, FOLDER):
            raise unimplemented(f"a file of type {mime}")
        for parent in metadata.get("parents", []):
            if self.role(self.find(parent, who, query), who.user) in ("reader", "commenter"):
                raise forbidden()
        file = self.add(metadata.get("name", "Untitled"), mime, who.user, metadata.get("parents"), who.client)
        file.properties = metadata.get("appProperties", {})
        if content is not None and file.book is not None:
            try:
                if content[0] != XLSX:
                    raise unimplemented(f"the conversion of {content[0]}")
                read_xlsx(file.book, content[1])
            except ApiError:
                del self.files[file.id]
                raise
            except Exception as error:  # openpyxl raises what it likes
                del self.files[file.id]
                raise ApiError(400, f"Bad Request: {error}", reason="badRequest") from error
        return through(query.get("fields", "kind,id,name,mimeType"), file.show(who.user, who.client), "File")

    def update(self, id: str, query: Json, body: Json, who: Granted) -> Json:
        """drive.files.update: put into the bin, or take out of it."""
        file = self.find(id, who, query)
        if set(body) != {"trashed"}:
            raise unimplemented(f"changing {sorted(body)} of a file")
        if RANK.index(self.role(file, who.user) or "reader") < RANK.index("fileOrganizer"):
            raise forbidden()
        file.trashed = body["trashed"]
        return through(query.get("fields", "kind,id,name,mimeType"), file.show(who.user, who.client), "File")

    def share(self, id: str, query: Json, body: Json, who: Granted) -> Json:
        """drive.permissions.create"""
        file = self.find(id, who, query)
        if RANK.index(self.role(file, who.user) or "reader") < RANK.index("writer"):
            raise forbidden()
        role, email = body.get("role"), body.get("emailAddress", "")
        if role not in ("reader", "commenter", "writer"):
            raise unimplemented(f"sharing as {role}")
        if body.get("type") not in ("user", "anyone") or (body["type"] == "user") != ("@" in email):
            raise invalid("permission")
        self.mailed += [email] * (query.get("sendNotificationEmail") != "false")
        if email.endswith(".invalid"):
            said = 'Bad Request. User message: "You are trying to invite someone who has no Google account."'
            raise ApiError(400, said, reason="invalidSharingRequest")
        file.roles[email or "anyone"] = role
        shown = permission(email or "anyone", role)
        return through(query.get("fields", "kind,id,type,role"), shown, "Permission")

    def shares(self, id: str, query: Json, who: Granted) -> Json:
        """drive.permissions.list"""
        answer = {"kind": "drive#permissionList", "permissions": self.find(id, who, query).permissions()}
        return through(query.get("fields", "kind,permissions(kind,id,type,role)"), answer, "PermissionList")


def through(fields: str, answer: Json, schema: str) -> Json:
    """An answer through a checked field mask."""
    mask = parse_mask(fields)
    contract("drive.v3").check_mask(mask, {"$ref": schema})
    known = {"permissionId", "displayName", "appProperties"} | set(answer)
    if schema == "File" and not set(mask) - {"*"} <= known:
        raise unimplemented(f"the fields {sorted(set(mask) - known)} of a file")
    return dict(select(answer, mask))


# -- the query language ------------------------------------------------------------------------------------------------
TERMS = [
    (
        r"appProperties\s+has\s+\{\s*key='(?P<key>[^']+)'\s+and\s+value='(?P<value>[^']*)'\s*\}",
        lambda file, found: file.properties.get(found["key"]) == found["value"],
    ),
    (r"'(?P<id>[^']+)'\s+in\s+parents", lambda file, found: found["id"] in file.parents),
    (r"trashed\s*=\s*(?P<flag>true|false)", lambda file, found: file.trashed == (found["flag"] == "true")),
    (
        r"mimeType\s*(?P<not>!?)=\s*'(?P<mime>[^']+)'",
        lambda file, found: (file.mime == found["mime"]) != (found["not"] == "!"),
    ),
    (r"name\s*=\s*'(?P<name>(?:[^'\\]|\\.)*)'", lambda file, found: file.name == plain(found["name"])),
    (
        r"name\s+contains\s+'(?P<name>(?:[^'\\]|\\.)*)'",
        lambda file, found: file.name.lower().startswith(plain(found["name"]).lower()),
    ),
    (
        r"modifiedTime\s*(?P<how>[<>]=?|=)\s*'(?P<time>[^']+)'",
        lambda file, found: compare(round(file.modified, 3), found["how"], seconds(found["time"])),
    ),
]


def parse_query(text: str) -> Callable[[File], bool]:
    """The `q` of files.list: terms joined by `and`."""
    terms: list[tuple[Any, Any]] = []
    rest = text.strip()
    while rest:
        for form, test in TERMS:
            found = re.match(form + r"(?:\s+and\s+(?=\S)|\s*$)", rest)
            if found:
                terms.append((test, found))
                rest = rest[found.end() :]
                break
        else:
            if re.search(r"\b(or|not|sharedWithMe|fullText)\b|[()]", rest):
                raise unimplemented(f"the query {text!r}")
            raise invalid("q")
    for _, found in terms:
        if "time" in found.groupdict():
            seconds(found["time"])
    return lambda file: all(test(file, found) for test, found in terms)


def plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def seconds(text: str) -> float:
    """An RFC 3339 time, in UTC where it names no zone; to the millisecond, as Drive keeps it."""
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise invalid("q") from None
    return round((at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp(), 3)


def compare(left: float, how: str, right: float) -> bool:
    return (">" in how and left > right) or ("<" in how and left < right) or ("=" in how and left == right)


def sort(files: list[File], key: str) -> None:
    """Sort by one key of orderBy."""
    name, _, down = key.partition(" ")
    keys: Json = {
        "name": lambda file: file.name,
        "modifiedTime": lambda file: file.modified,
        "createdTime": lambda file: file.created,
        "folder": lambda file: file.mime != FOLDER,
    }
    if name not in keys or down not in ("", "desc"):
        raise invalid("orderBy")
    files.sort(key=keys[name], reverse=bool(down))


# -- shapes ------------------------------------------------------------------------------------------------------------
def stamp(at: float) -> str:
    """A time as Drive writes it."""
    at = round(at, 3)
    milliseconds = round(at * 1000) % 1000
    return (
        datetime.fromtimestamp(at // 1, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{milliseconds:03d}Z"
    )


def person(email: str, user: str) -> Json:
    """A user as Drive shows it; `me` is whether it is who asks."""
    name = email.partition("@")[0]
    return {"kind": "drive#user", "displayName": name, "me": email == user, "emailAddress": email}


def permission(email: str, role: str) -> Json:
    """A share."""
    kind = "anyone" if email == "anyone" else "user"
    shown = {"kind": "drive#permission", "id": email.replace("@", "-"), "type": kind, "role": role}
    return shown if kind == "anyone" else {**shown, "emailAddress": email}


def not_found(id: str) -> ApiError:
    return ApiError(
        404, f"File not found: {id}.", reason="notFound", locationType="parameter", location="fileId"
    )


def invalid(place: str) -> ApiError:
    return ApiError(400, "Invalid Value", reason="invalid", locationType="parameter", location=place)


def forbidden() -> ApiError:
    said = "The user does not have sufficient permissions for this file."
    return ApiError(403, said, reason="insufficientFilePermissions")


def split_upload(kind: str, body: bytes) -> tuple[bytes, str, bytes]:
    """A multipart upload's metadata, the type of its content, and the content."""
    found = re.search(r'boundary="?([^";]+)', kind)
    if not kind.startswith(("multipart/related", "multipart/form-data")) or found is None:
        raise unimplemented(f"an upload as {kind or 'nothing named'}")
    parts = (b"\r\n" + body).split(b"\r\n--" + found[1].encode())[1:-1]
    if len(parts) != 2:
        raise ApiError(400, "Malformed multipart body.", reason="badRequest")
    first, second = (part.removeprefix(b"\r\n").partition(b"\r\n\r\n") for part in parts)
    headers = BytesHeaderParser().parsebytes(second[0])
    return first[2], headers.get_content_type(), second[2]
