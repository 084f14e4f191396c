# syntax=docker/dockerfile:1

# Two stages: one builds the environment with uv, the other has nothing but Python, the environment and an assistant.
# scripts/image builds it, and says what it weighs.
ARG PYTHON=3.11.15-slim-trixie

FROM docker.io/library/python:${PYTHON} AS build
# strip; of the Debian the base image was made of.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir uv==0.13.8
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app/.venv
# otel and sentry where settings ask for them: --build-arg EXTRAS="redis otel sentry".
ARG EXTRAS=redis
# LiteLLM weighs 200 MB with what it brings along, and only the provider azure needs it: --build-arg WITHOUT= keeps it.
ARG WITHOUT=litellm
WORKDIR /app
# The dependencies change less often than Soni, and are a layer of their own.
COPY pyproject.toml uv.lock deploy/image/install ./
RUN --mount=type=cache,target=/root/.cache/uv ./install
COPY README.md LICENSE ./
COPY src src
RUN --mount=type=cache,target=/root/.cache/uv uv pip install --quiet --python .venv --no-deps .

FROM docker.io/library/python:${PYTHON}
LABEL org.opencontainers.image.title="Soni" \
      org.opencontainers.image.description="Task-oriented assistants written as YAML flows, served over HTTP" \
      org.opencontainers.image.licenses="Apache-2.0"
# A numeric user, because Kubernetes can only tell from a number that it is not root.
RUN groupadd --gid 10001 soni \
    && useradd --uid 10001 --gid soni --home-dir /tmp --no-create-home --shell /usr/sbin/nologin soni \
    && install --directory --owner=soni --group=soni --mode=0750 /data
WORKDIR /app
COPY --from=build /app/.venv .venv
# To serve an assistant of your own, mount it over /app/soni.yaml, or set SONI_CONFIG_PATH to where you put it. Its actions are
# found beside it, and in /app.
COPY soni.yaml ./
COPY examples examples
# Everything that is kept is written to /data, everything that is not to /tmp: the rest can be read-only.
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    SONI_CONFIG_PATH=/app/soni.yaml \
    SONI_PERSISTENCE__PATH=/data/soni.db \
    SONI_FLIGHTS_DB=/data/flights.db \
    SONI_LOGGING__FORMAT=json
# Python's own modules come without bytecode too, and nobody may write it later.
RUN --mount=type=bind,source=deploy/image/warm.py,target=/tmp/warm.py \
    SONI_PERSISTENCE__BACKEND=memory SONI_FLIGHTS_DB=/tmp/flights.db python /tmp/warm.py && rm -f /tmp/flights.db*
ENV PYTHONDONTWRITEBYTECODE=1
VOLUME /data
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=3)"]
# Any command of soni: docker run soni validate, docker run soni deploy-check …
ENTRYPOINT ["soni"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
