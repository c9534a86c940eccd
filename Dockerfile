# One image for all processes: which one a container runs is its command, a line of the Procfile.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS packages
COPY requirements.txt /
# All packages are wheels: no compiler is needed. pip itself stays out of the image.
RUN python3 -m venv /venv \
 && /venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r /requirements.txt \
 && /venv/bin/python -m pip check \
 && /venv/bin/python -m pip uninstall --yes --quiet pip

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --no-create-home --home-dir /tmp culturebridge
WORKDIR /app
COPY --from=packages /venv /venv
COPY wsgi.py celeryconfig.py gunicorn.conf.py ./
COPY migrations migrations
COPY deploy deploy
COPY app app
COPY worker worker
RUN /venv/bin/python -m compileall -q .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 APP_ENV=production HEARTBEAT_FILE=/tmp/heartbeat
USER 10001:10001
EXPOSE 8000
CMD ["env", "MALLOC_MMAP_THRESHOLD_=1048576", "gunicorn", "wsgi:app"]
