"""A channel that has the records of a file of real answers."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hub.connectors.base import Record
from hub.connectors.mapping.mapper import Mapper
from hub.connectors.mapping.paths import getter, selector, text_reader
from hub.connectors.mapping.times import time_reader
from hub.connectors.rest_api import RestResource
from hub.connectors.sample import Sample
from hub.domain.complaint import Complaint
from hub.domain.run import Rejection
from hub.grade.records import CannotGradeError, Row
from hub.grade.shapes import Gradable
from hub.grade.source import Source

_MOST_OF_A_SORT = 20


class Recorded(Source):
    """The records as they were answered. Then some of them change: those are made of real ones."""

    def __init__(self, resource: Gradable, sample: Sample) -> None:
        """Raises CannotGradeError where the YAML finds no record in the file."""
        super().__init__(resource)
        self._resource = resource
        self._mapper = Mapper(resource, "graded")
        self._status = text_reader([resource.select.status])
        self._now = datetime.now(UTC).replace(microsecond=0)
        self._late: list[Row] = []
        rows = [self._row(record) for record in self._found(sample)]
        self._rows = self._asked_for(rows)
        seldom = Counter(row.id for row in self._rows)
        good = [row for row in self._rows if not row.unreadable and seldom[row.id] == 1]
        self._labels = sorted({*self.maker.statuses, *(row.status for row in good)})
        self._changing = good if self._can_change(good) else []
        self._tell_of_zones(good)

    def begin(self) -> None:
        """All but those that come late."""
        self._late = self._some(2)
        self.rows = [row for row in self._rows if row not in self._late]

    def move_on(self) -> None:
        """Some records change, and those that were held back come, dated before the others."""
        if not self._changing:
            return
        words = self.asking.words
        windows = self.asking.by_receipt or getattr(words, "step", None)
        seen = self._now if windows else max(row.changed for row in self.rows)
        before = seen - self.asking.late
        for trap, turn, changed in (
            ("edited", 0, self._now),
            ("edited behind the cursor", 1, before),
        ):
            # What changed after that would be an older version of itself.
            for old in (row for row in self._some(turn) if row.changed < changed):
                told = trap
                if self.asking.by_receipt:
                    told = "edited" if old.received >= before else "edited long after receipt"
                status = next(each for each in self._labels if each != old.status)
                self.rows.remove(old)
                self.rows.append(self.maker.later(old, status, changed, told))
        for old in self._late:
            row = self.maker.later(old, old.status, before, "arrived late")
            self.rows.append(self.maker.received(row, before) if self.asking.by_receipt else row)

    def _some(self, turn: int) -> list[Row]:
        """Every fourth of those that can change, none of another turn."""
        return self._changing[turn::4][:_MOST_OF_A_SORT]

    def _found(self, sample: Sample) -> list[Record]:
        """The records of the file, where the YAML finds them if the file is a whole answer."""
        if isinstance(self._resource, RestResource) and isinstance(sample.document, dict):
            path = self._resource.endpoint.data_selector
            found = [each for each in selector(path)(sample.document) if isinstance(each, dict)]
            if not found:
                raise CannotGradeError(
                    f"data_selector: {path} selects no record in {sample.origin}, which has a list "
                    f"of {len(sample.records)} at {sample.path}."
                )
            return found
        return sample.records

    def _row(self, record: Record) -> Row:
        complaint = self._complaint(record)
        cursor = self.asking.cursor_path
        changed = self._moment(getter(cursor)(record)) if cursor else None
        if changed is None and complaint:
            changed = complaint.updated_at
        received = complaint.received_at if complaint else self._now
        return Row(
            record,
            self._mapper.external_id(record),
            self._status(record) or "",
            received,
            # A channel knows when a record changed, also where it does not say so.
            changed or received,
            "as recorded",
            unreadable=complaint is None,
        )

    def _complaint(self, record: Record) -> Complaint | None:
        try:
            return self._mapper.map(record)
        except Rejection:
            return None

    def _moment(self, value: Any) -> datetime | None:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=self.maker.zone or UTC)

    def _asked_for(self, rows: list[Row]) -> list[Row]:
        """Those that the YAML asks for at all; says how many it does not."""
        words, by_receipt = self.asking.words, self.asking.by_receipt
        if words is None:
            return rows
        first = words.initial_value
        asked = [row for row in rows if (row.received if by_receipt else row.changed) >= first]
        if left_out := len(rows) - len(asked):
            self.untold.append(
                f"{left_out} records are older than incremental.initial_value, which never asks "
                "for them."
            )
        return asked

    def _can_change(self, good: list[Row]) -> bool:
        """Whether a later version of a record can be made; says why not."""
        reason = ""
        if not good:
            reason = "no record of the file can be read."
        elif len(self._labels) < 2:  # noqa: PLR2004 - one to change to
            reason = "the file and status_mapping have one status."
        else:
            try:
                row = self.maker.later(good[0], self._labels[0], self._now, "")
                self.maker.received(row, self._now)
            except CannotGradeError as error:
                reason = str(error)
        if reason:
            self.untold.append(f"Edits and late records were not tried: {reason}")
        return not reason

    def _tell_of_zones(self, good: list[Row]) -> None:
        path = self._resource.select.received_at
        text = text_reader([path] if isinstance(path, str) else path)
        parse = time_reader(self._resource.datetime_format)
        without = sum(parse(text(row.record) or "").tzinfo is None for row in good)
        if without:
            meant = self.maker.zone or "the zone of their district"
            self.untold.append(
                f"{without} times of receipt name no zone. They are read as {meant}; the file "
                "does not say whether that is so."
            )
