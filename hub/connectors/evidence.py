"""What one answer of a service tells of how it is asked: its pages, and what has changed since."""

import re
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hub.connectors.http.config import NAMES_A_SECRET
from hub.connectors.lists.endpoint import START
from hub.connectors.lists.more import NEXT, named, totals
from hub.connectors.load import FILL_IN
from hub.connectors.mapping.times import time_reader
from hub.connectors.sample import Sample, values
from hub.connectors.written import flow, written

_CURSOR = f"{NEXT}|cursor"
_PAGES = r"total_?pages|last_?page|pages?_?count|num(ber)?_?(of_?)?pages"
_PAGE_PARAMS = {"page", "p", "pageno", "pagenumber", "page_number", "halaman", "hal"}
_OFFSET_PARAMS = {"offset", "skip", "start", "startindex"}
_LIMIT_PARAMS = {"limit", "per_page", "perpage", "page_size", "pagesize", "size", "count", "rows"}
_SINCE_PARAM = re.compile(r"(.*_)?(since|after|from|start)(_.*)?|(updated|modified|changed)(_.*)?")
_FEW = 3

Paging = tuple[dict[str, Any], str, set[str]]
"""The keys of a paginator, why they are thought to be so, and the parameters that it sends."""


def query_of(sample: Sample) -> dict[str, str]:
    """The parameters of the address that was asked."""
    return dict(parse_qsl(urlsplit(sample.origin).query))


def secrets_of(query: Mapping[str, str]) -> list[str]:
    """The parameters that hold a secret, by their names."""
    return [name for name in query if NAMES_A_SECRET.search(name)]


def endpoint_lines(sample: Sample, updated: str | None) -> list[str]:
    """The YAML of an endpoint but for its path, each key with its evidence; `updated` is where a
    record has its time of change, if it has one."""
    query, (keys, why, sent) = query_of(sample), _paging(sample)
    left_out = {*secrets_of(query), *sent}
    params = {name: value for name, value in query.items() if name not in left_out}
    since = _since(params) if updated else None
    if since:
        params[since[0]] = START
    lines = [f"      params: {flow(params)}"] if params else []
    found = len(sample.records)
    lines += [f"      data_selector: {written(f'{sample.path}[*]')}  # {found} records"]
    lines += [_comment(why), f"      paginator: {flow(keys)}"]
    return lines + (_incremental(sample, updated, since) if updated else [])


def _paging(sample: Sample) -> Paging:
    query, count = query_of(sample), len(sample.records)
    if told := _next(sample) or _counted(sample, query):
        return told
    for path, value in named(sample.document, _CURSOR):
        if value is None:  # it names none on the last page
            return _cursor(path)
    total = next(totals(sample.document), None)
    if total and total[1] == count:
        return {"type": "single_page"}, f"{total[0]} is {count}, and so many there are", set()
    why = f"{total[0]} is {total[1]}, and there are {count}" if total else "no next page is told"
    hint = f"{FILL_IN}: single_page, page_number, offset or cursor; {why}"
    return {"type": hint}, "the sample does not show how to come to the next page", set()


def _next(sample: Sample) -> Paging | None:
    """A paginator by what the answer says of its next page."""
    if "next" in sample.links:
        return {"type": "header_link"}, "the header Link names the next page", set()
    for path, value in named(sample.document, _CURSOR):
        if isinstance(value, str) and re.match(r"https?://|/|\?", value):
            keys = {"type": "json_link", "next_url_path": path}
            return keys, f"{path} has the address of the next page", set()
        if value and isinstance(value, str | int):
            return _cursor(path)
    return None


def _cursor(path: str) -> Paging:
    hint = f"{FILL_IN}: the parameter that takes the cursor"
    keys = {"type": "cursor", "cursor_path": path, "cursor_param": hint}
    return keys, f"{path} is in the answer, beside the records", set()


def _counted(sample: Sample, query: Mapping[str, str]) -> Paging | None:
    """A paginator by the numbers that stand in the address."""
    numbers = {name for name, value in query.items() if value.isascii() and value.isdigit()}
    for name in numbers:
        if name.lower() in _PAGE_PARAMS:
            keys: dict[str, Any] = {"type": "page_number", "page_param": name}
            keys |= {"base_page": query[name]}
            pages = (path for path, n in named(sample.document, _PAGES) if type(n) is int)
            if total_path := next(pages, None):
                keys |= {"total_path": total_path}
            return keys, f"the address has {name}={query[name]}, taken for the first", {name}
    for name in numbers:
        limits = [each for each in numbers if each.lower() in _LIMIT_PARAMS]
        if name.lower() in _OFFSET_PARAMS and limits:
            keys = {"type": "offset", "limit": query[limits[0]], "limit_param": limits[0]}
            keys |= {"offset_param": name, "offset": query[name]}
            if total := next(totals(sample.document), None):
                keys |= {"total_path": total[0]}
            why = f"the address has {limits[0]}={query[limits[0]]} and {name}={query[name]}"
            return keys, why, {name, limits[0]}
    return None


def _since(params: Mapping[str, str]) -> tuple[str, str] | None:
    """A parameter that takes the time to ask from, with its value."""
    for name, value in params.items():
        if _SINCE_PARAM.fullmatch(name.lower()) and _time(value):
            return name, value
    return None


def _incremental(sample: Sample, updated: str, since: tuple[str, str] | None) -> list[str]:
    """How to ask only for what is new: stated where the address shows how, else as a comment."""
    texts = values(sample, updated)
    times = [time for text in texts if (time := _time(text))]
    if len(times) < len(texts) or not times:
        return [_comment(f"{updated} looks like a time of change, but is not always ISO 8601")]
    keys: dict[str, Any] = {"cursor_path": updated}
    keys |= {"initial_value": f"{FILL_IN}: from when on, such as 2025-01-01T00:00:00+08:00"}
    order = _order(times)
    told = f"{updated} is a time in {len(times)} of {len(sample.records)} records"
    if order:
        keys |= {"row_order": order}
        told += f", {'the oldest' if order == 'asc' else 'the latest'} first"
    if since is None:
        keys["initial_value"] = "2025-01-01T00:00:00+08:00"
        return [
            _comment(f"{told}: it can be the cursor, with the service's parameter for it in"),
            _comment(f'params, such as updated_since: "{START}"'),
            _comment(f"incremental: {flow(keys)}"),
        ]
    name, value = since
    moment = _time(value)
    if moment and moment.tzinfo:
        keys["initial_value"] = moment.isoformat()
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        keys["datetime_format"] = "%Y-%m-%d"
    return [_comment(f"{told}, and the address has {name}"), f"      incremental: {flow(keys)}"]


def _comment(text: str) -> str:
    """On one line, whatever a channel calls its keys."""
    return f"      # {' '.join(text.split())}"


def _order(times: list[datetime]) -> str | None:
    """Whether the oldest or the latest stands first, where a few times tell."""
    if len({*times}) < _FEW or len({bool(time.tzinfo) for time in times}) > 1:
        return None
    if all(one <= other for one, other in pairwise(times)):
        return "asc"
    return "desc" if all(one >= other for one, other in pairwise(times)) else None


def _time(text: str) -> datetime | None:
    try:
        return time_reader(None)(text)
    except (ValueError, OverflowError):
        return None
