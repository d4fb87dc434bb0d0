# One image for every Clipcast process; docker-compose.yml says which command each runs.
FROM python:3.13.18-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --extra parquet --extra sentry --extra opentelemetry

FROM python:3.13.18-slim-bookworm
# pg_dump and pg_restore of the server's version, from PostgreSQL's own repository; curl for health.
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-common ca-certificates curl \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install --yes --no-install-recommends postgresql-client-18 \
    && rm -rf /var/lib/apt/lists/*
# New volumes take their owner from these folders.
RUN useradd --system --uid 10001 --create-home clipcast \
    && install -d -o clipcast /data /data/uploads /data/recordings /data/store /data/backups /data/media /data/private
WORKDIR /app
COPY --from=build /app/.venv .venv
# The code belongs to root: a process of ours can't change it.
COPY . .
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data STATIC_ROOT=/app/static
# collectstatic reads the settings; the key lives for this one command only.
RUN SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(50))') \
    DATABASE_URL=postgres://build@127.0.0.1/build REDIS_URL=redis://127.0.0.1/0 \
    python manage.py collectstatic --no-input
USER clipcast
CMD ["python", "-m", "config.serve", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8081", "--blocking-threads", "4", "--workers-kill-timeout", "10", "config.wsgi:application"]
