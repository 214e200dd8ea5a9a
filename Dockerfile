# One image for web, worker and migrate; the command decides. Build it from the root of the repository:
#   docker build --tag civicgrid:0.1.0 .
ARG PYTHON_IMAGE=python:3.11-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
COPY bootstrap.lock requirements.lock pyproject.toml README.md ./
# requirements.lock also holds the tools of development. As a constraint it gives version and hash of what
# pyproject.toml needs at run time, and nothing else is installed.
RUN python -m venv /opt/tools \
 && /opt/tools/bin/pip install --no-cache-dir --require-hashes --requirement bootstrap.lock \
 && python -m venv --without-pip /opt/civicgrid \
 && /opt/tools/bin/uv pip install --python /opt/civicgrid --no-cache --compile-bytecode \
        --require-hashes --constraint requirements.lock --requirement pyproject.toml
COPY migrations migrations
COPY schema schema
COPY server server
COPY tenants tenants
RUN /opt/tools/bin/uv build --no-cache --wheel --out-dir dist \
        --require-hashes --build-constraints requirements.lock \
 && /opt/tools/bin/uv pip install --python /opt/civicgrid --no-cache --compile-bytecode --no-deps dist/*.whl

FROM ${PYTHON_IMAGE}
# The number, not the name, lets Kubernetes see that the user is not root; the chart uses the same one.
RUN groupadd --gid 10001 civicgrid \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin civicgrid
COPY --from=build /opt/civicgrid /opt/civicgrid
ENV PATH=/opt/civicgrid/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CIVICGRID_HOST=0.0.0.0 \
    CIVICGRID_PORT=8000 \
    CIVICGRID_DATA=/tmp/civicgrid \
    CIVICGRID_ENVIRONMENT=production
WORKDIR /opt/civicgrid
USER 10001:10001
EXPOSE 8000
# No HEALTHCHECK: the worker listens nowhere. For web ask /livez and /readyz.
ENTRYPOINT ["civicgrid"]
CMD ["serve"]
