"""dlt's rest_api source over the same service, into a file of JSON lines; run by a Python that has
dlt: prints {"seconds", "read"} as JSON."""

import json
import sys
import tempfile
import time

import dlt
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from dlt.sources.rest_api import rest_api_source


def main() -> None:
    """Reads everything once and loads it into a folder of its own."""
    (url,) = sys.argv[1:]
    paginator = JSONResponseCursorPaginator(cursor_path="data.next", cursor_param="after")
    endpoint = {
        "path": "complaints",
        "data_selector": "data.items",
        "paginator": paginator,
        "incremental": {
            "cursor_path": "updated_at",
            "start_param": "updated_since",
            "initial_value": "2020-01-01T00:00:00+08:00",
        },
    }
    source = rest_api_source(
        {
            "client": {"base_url": f"{url}/v1/"},
            "resources": [
                {"name": "complaints", "primary_key": "complaint_id", "endpoint": endpoint}
            ],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        destination = dlt.destinations.filesystem(bucket_url=f"file://{folder}/out")
        pipeline = dlt.pipeline(
            "bench", destination=destination, dataset_name="bench", pipelines_dir=f"{folder}/dlt"
        )
        begun = time.perf_counter()
        pipeline.run(source, loader_file_format="jsonl")
        seconds = time.perf_counter() - begun
        read = pipeline.last_trace.last_normalize_info.row_counts["complaints"]
    print(json.dumps({"seconds": seconds, "read": read}))


if __name__ == "__main__":
    main()
