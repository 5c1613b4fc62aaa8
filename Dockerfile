# The application image: web, worker and migrate run from it, as an ordinary user who can write to /data only.
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    STATE_DIR=/data STATIC_ROOT=/app/staticfiles PORT=8000
WORKDIR /app
RUN useradd --system --create-home --uid 10001 app && install -d -o app -g app -m 0750 /data
COPY requirements.lock .
RUN pip install --require-hashes -r requirements.lock
COPY . .
RUN SECRET_KEY=only-for-this-build-step python manage.py collectstatic --noinput
USER app
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["python", "-m", "reviewapp.probe"]
CMD ["gunicorn", "reviewapp.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4", "--worker-class", "gthread", "--threads", "2", "--preload", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
