"""Who read personal data."""

from datetime import datetime

import strawberry

from hub.domain.region import regions
from hub.schema.source import output, stored
from hub.schema.types.region import Region


@output
class AuditRecord:
    """A read of reporters: personal data."""

    id: strawberry.ID = stored("_id", "Opaque.")
    at: datetime = stored("at", "When they were read.")
    subject: str = stored("subject", "The client that read them.")
    operation: str | None = stored("operation", "Name of the operation, if it had one.")
    document: str = stored("document", "SHA-256 of the query document.")
    province: Region | None = stored(
        "province", "Where the complaints are.", regions().get, constant=True
    )
    district: Region | None = stored(
        "district", "Null for provincial matters.", regions().get, constant=True
    )
    rows: int = stored("rows", "How many reporters of this place were shown.")
