# The wheel is built in one stage and only its installed result moves on: no compiler, no sources, no cache.
FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
COPY workflows workflows
COPY migrations migrations
RUN python -m venv /opt/casehub \
 && /opt/casehub/bin/pip install --no-cache-dir . -c constraints.txt

FROM python:3.12-slim
# An ordinary user with a fixed number, so that a mounted volume can be given to it; PostgreSQL refuses root.
RUN useradd --system --uid 10001 --create-home --home-dir /data --shell /usr/sbin/nologin casehub \
 && chmod 700 /data
COPY --from=build /opt/casehub /opt/casehub
ENV PATH=/opt/casehub/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CASEHUB_HOME=/data
USER casehub
VOLUME /data
EXPOSE 8000
# The first start makes the database; until then the container is "starting", not "unhealthy".
HEALTHCHECK --interval=15s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:%s/healthz' % os.environ.get('CASEHUB_PORT', '8000'), timeout=2)"]
# SIGINT is uvicorn's gentle stop, and the embedded server is stopped after it.
STOPSIGNAL SIGINT
CMD ["casehub", "serve", "--host", "0.0.0.0"]
