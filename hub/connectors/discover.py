"""A sample of a channel's records → a proposed YAML, with the evidence for each key."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from hub.connectors.evidence import endpoint_lines, query_of, secrets_of
from hub.connectors.load import FILL_IN
from hub.connectors.mapping.times import time_reader
from hub.connectors.sample import Sample, leaves, values
from hub.connectors.written import flow, written
from hub.domain.complaint import ComplaintStatus

_MOST_STATUSES = 40
_NAMES = {
    "external_id": "trackingid servicerequestid complaintid ticketno ticketid ticket nomor "
    "nomorlaporan nolaporan idlaporan id",
    "status": "status statuslaporan complaintstatusid complaintstatus state",
    "received_at": "receivedat createdat created requesteddatetime reportedat tanggallaporanmasuk "
    "tanggallaporan tanggal",
    "updated_at": "updatedat updated changed changedat modified modifiedat lastmodified "
    "updateddatetime",
    "closed_at": "closedat closeddatetime tanggalselesai",
    "category": "categoryname kategori category servicename topicname topic topik",
    "title": "title judul judullaporan subject",
    "description": "description deskripsi isilaporanawal isilaporan body text",
    "province": "province provinsi provinceid",
    "district": "district kotakabupaten kabupatenkota kabkota cityid city kota",
    "address": "address alamat addressstring",
    "longitude": "longitude long lng lon",
    "latitude": "latitude lat",
    "institution": "institution instansiinduk instansi agencyresponsible opdname",
    "reporter_name": "reportername namapelapor username callername",
    "reporter_contact": "reportercontact userphone callerphone phone telepon",
}
_PATTERNS = [
    f"{date}{time}"
    for date in ("%Y-%m-%d", "%d %b %Y", "%d %B %Y", "%d-%m-%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d")
    for time in (" %H:%M:%S", " %H:%M", "")
]
_STATUS_WORDS = {
    ComplaintStatus.RECEIVED: {"open", "new", "baru", "diterima", "unverified"},
    ComplaintStatus.WAITING_REPORTER: {"menunggu"},
    ComplaintStatus.IN_PROGRESS: {"proses", "diproses", "progress", "followup"},
    ComplaintStatus.CLOSED: {"selesai", "ditutup", "done", "finished", "resolved"},
    ComplaintStatus.ARCHIVED: {"diarsipkan"},
    ComplaintStatus.REJECTED: {"ditolak"},
}

_FILES = {"csv": "CSV", "jsonl": "JSON lines", "xlsx": "XLSX"}


def propose(sample: Sample, name: str) -> str:
    """The text of a YAML file. What the sample does not tell is marked, and refused by `validate`
    until it is filled in."""
    found = dict(_fields(sample))
    open311 = sample.form in {"json", "xml"} and "service_request_id" in sample.records[0]
    lines = ['version: "1"', f"name: {name}"]
    if open311:
        lines += ["type: open311  # records have a service_request_id", *_client(sample)]
        if jurisdiction := query_of(sample).get("jurisdiction_id"):
            lines += [f"jurisdiction_id: {written(jurisdiction)}  # as the address has it"]
        lines += ["resources:", f"  - format: {sample.form}"]
        lines += ["    # FixMyStreet and others add pages: {type: page_number}"]
    elif sample.form in _FILES:
        folder, file = _folder_and_file(sample.origin)
        lines += [
            f"type: filesystem  # the sample is {_FILES[sample.form]}",
            f"bucket_url: {written(folder)}",
        ]
        lines += [
            "resources:",
            "  - name: records",
            f"    file_glob: {written(file)}",
        ]
        cells = f", delimiter: {written(sample.delimiter)}, encoding: {sample.encoding}"
        decoder = f"type: {sample.form}{cells if sample.form == 'csv' else ''}"
        lines += [f"    decoder: {{{decoder}}}"]
    else:
        lines += ["type: rest_api  # the sample is JSON", *_client(sample)]
        lines += ["resources:", "  - name: records", *_endpoint(sample, found.get("updated_at"))]
    received, told = _times(sample, found)
    lines += told
    if not open311:
        lines += ["    select:"]
        for target in ("external_id", "status", "received_at"):
            if target not in found:
                known = ", ".join(leaves(sample))
                hint = f"{FILL_IN}: the field with the {target}; there are: {known}"
                lines += [f"      {target}: {written(hint)}"]
        for target, path in found.items():
            value = received if target == "received_at" else written(path)
            lines += [f"      {target}: {value}{_evidence(sample, target, path)}"]
    return "\n".join([*lines, *_statuses(sample, found.get("status"))]) + "\n"


def _fields(sample: Sample) -> Iterator[tuple[str, str]]:
    """Which path each of the hub's fields is at: by its name, an id also by its values."""
    known = {re.sub(r"[\W_]", "", path.casefold()): path for path in leaves(sample)}
    for target, names in _NAMES.items():
        for name in names.split():
            path = known.get(name)
            if path and (target != "external_id" or _unique(sample, path)):
                yield target, path
                break


def _unique(sample: Sample, path: str) -> bool:
    texts = values(sample, path)
    return len(set(texts)) == len(texts) == len(sample.records)


def _evidence(sample: Sample, target: str, path: str) -> str:
    stated = len(values(sample, path))
    if target == "external_id":
        return f"  # {stated} records, no value twice"
    return f"  # in {stated} of {len(sample.records)} records"


def _folder_and_file(origin: str) -> tuple[str, str]:
    parts = urlsplit(origin)
    if not parts.scheme:
        return str(Path(origin).parent), Path(origin).name
    folder, _, file = parts.path.rpartition("/")
    return f"{parts.scheme}://{parts.netloc}{folder}", file


def _client(sample: Sample) -> list[str]:
    parts = urlsplit(sample.origin)
    if not parts.scheme:
        base = f"{FILL_IN}: the address of the service, such as https://api.example.go.id/v1/"
    else:
        base = f"{parts.scheme}://{parts.netloc}{parts.path.rsplit('/', 1)[0]}/"
    lines = ["client:", f"  base_url: {json.dumps(base)}"]
    for name in secrets_of(query_of(sample))[:1]:
        keys = {"type": "api_key", "name": name, "location": "query"}
        hint = f"{FILL_IN}: ${{env.NAME}} of a variable that holds it, or ${{secret.NAME}}"
        lines += [f"  auth: {flow(keys | {'api_key': hint})}  # the address has {name}"]
    return lines


def _endpoint(sample: Sample, updated: str | None) -> list[str]:
    parts = urlsplit(sample.origin)
    path = parts.path.rsplit("/", 1)[-1] if parts.scheme else ""
    path = path or f"{FILL_IN}: the path of the records"
    return ["    endpoint:", f"      path: {written(path)}", *endpoint_lines(sample, updated)]


def _times(sample: Sample, found: dict[str, str]) -> tuple[str, list[str]]:
    """How `received_at` is selected, and the keys that say how its times are written."""
    path = found.get("received_at")
    if path is None:
        return "", []
    paths = [path]
    beside = re.sub("^Tanggal", "Waktu", path)
    if beside != path and beside in leaves(sample):
        paths.append(beside)
    select = written(path) if len(paths) == 1 else f"[{', '.join(map(written, paths))}]"
    texts = values(sample, *paths)
    if times := _read(texts, None):
        return select, _zone(times, texts[0])
    fitting = [pattern for pattern in _PATTERNS if _read(texts, pattern)]
    if len(fitting) == 1:
        told = f"    datetime_format: {json.dumps(fitting[0])}  # all {len(texts)}, as {texts[0]!r}"
        return select, [told, *_zone([], texts[0])]
    why = f"several fit: {', '.join(fitting)}" if fitting else "a strptime pattern"
    return select, [f"    datetime_format: {json.dumps(f'{FILL_IN}: {why}; a time is {texts[0]}')}"]


def _read(texts: list[str], pattern: str | None) -> list[datetime]:
    """All times, or none if one does not fit."""
    try:
        return [*map(time_reader(pattern), texts)]
    except (ValueError, OverflowError):
        return []


def _zone(times: list[datetime], example: str) -> list[str]:
    zones = Counter(time.isoformat()[-6:] for time in times if time.tzinfo)
    if times and zones.total() == len(times):
        told = ", ".join(f"{zone} in {count}" for zone, count in zones.most_common(3))
        return [f"    # No `timezone`: times name theirs, {told} of {len(times)} records."]
    return [f"    # No `timezone`: {example!r} names none, so it is the district's own."]


def _statuses(sample: Sample, path: str | None) -> list[str]:
    if path is None:
        return []
    lines = ["    status_mapping:"]
    counted = Counter(values(sample, path)).most_common()
    if len(counted) > _MOST_STATUSES:
        return [*lines, f"      # {len(counted)} values: too many for a status"]
    for label, count in counted:
        words = set(re.split(r"[\W_]+", label.casefold()))
        own = [each for each in ComplaintStatus if each.value == label.casefold()]
        likely = [*own, *(status for status, known in _STATUS_WORDS.items() if words & known)]
        value = likely[0].value if len(likely) == 1 else f"{FILL_IN}: one of the hub's statuses"
        lines += [f"      {written(label)}: {written(value)}  # {count} records"]
    return lines
