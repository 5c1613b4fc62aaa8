# The application image: web and worker run from it, as an ordinary user.
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 STATE_DIR=/data STATIC_ROOT=/app/staticfiles
WORKDIR /app
COPY requirements.lock .
RUN pip install --require-hashes -r requirements.lock && useradd --create-home --uid 10001 app && install -d -o app /data
COPY --chown=app . .
RUN SECRET_KEY=only-for-the-build python manage.py collectstatic --noinput
USER app
EXPOSE 8000
CMD ["gunicorn", "reviewapp.wsgi", "--bind", "0.0.0.0:8000", "--workers", "4", "--worker-class", "gthread", "--threads", "2"]
