# One image for every process of a node: `havre-node api|sequencer|worker|migrate`.
FROM python:3.14-slim AS build
WORKDIR /source
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements.txt ./
COPY deploy/requirements.txt deploy/
RUN python -m venv /opt/tools \
    && /opt/tools/bin/pip install --require-hashes --requirement requirements.txt \
    && python -m venv /opt/havre \
    && /opt/havre/bin/pip install --require-hashes --requirement deploy/requirements.txt
COPY . .
RUN /opt/tools/bin/hatchling build --target wheel \
    && /opt/havre/bin/pip install --no-deps --no-index dist/havre-*.whl \
    && /opt/havre/bin/pip uninstall --yes pip

FROM python:3.14-slim
# The number is fixed because the files of secrets on the host belong to it (deploy/prepare).
RUN groupadd --gid 10001 havre \
    && useradd --uid 10001 --gid havre --no-create-home --home-dir /var/lib/havre --shell /usr/sbin/nologin havre \
    && install --directory --owner=havre --group=havre --mode=0700 /var/lib/havre
COPY --from=build /opt/havre /opt/havre
ENV PATH=/opt/havre/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HAVRE_HOME=/var/lib/havre
USER havre
WORKDIR /var/lib/havre
ENTRYPOINT ["havre-node"]
CMD ["--help"]
