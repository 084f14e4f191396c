# syntax=docker/dockerfile:1

# Two stages: one builds the environment with uv, the other has nothing but Python, the environment and the assistant.
FROM python:3.11-slim-bookworm AS build
RUN pip install --no-cache-dir "uv>=0.8,<1"
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
# The dependencies change less often than Soni, and are a layer of their own.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen --no-dev --no-install-project
COPY src src
RUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen --no-dev --no-editable

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 soni \
    && useradd --system --uid 10001 --gid soni --home-dir /app --shell /usr/sbin/nologin soni \
    && install --directory --owner=soni --group=soni --mode=0750 /data
WORKDIR /app
COPY --from=build /app/.venv .venv
# To serve an assistant of your own, mount it over /app/soni.yaml or set SONI_CONFIG_PATH to where you put it.
COPY soni.yaml ./
COPY examples examples
# Everything that is written is written to /data, so that the rest can be read-only. A numeric user, because Kubernetes
# can only tell from a number that it is not root.
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SONI_CONFIG_PATH=/app/soni.yaml \
    SONI_PERSISTENCE__PATH=/data/soni.db \
    SONI_FLIGHTS_DB=/data/flights.db \
    SONI_LOGGING__FORMAT=json
VOLUME /data
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
CMD ["uvicorn", "soni.server.api:app", "--host", "0.0.0.0", "--port", "8000", "--no-server-header"]
