# Two images: `lean` hears, thinks and speaks with models elsewhere (companies, or your own servers); `embedded` carries
# its own, 2.2 GB more. Both run as an ordinary user on a read-only file system; what they write is /data and /tmp.
#
#   docker build --target embedded --tag storeline .
#   docker build --target lean --build-arg REQUIREMENTS=providers --tag storeline:lean .
#
# REQUIREMENTS=providers installs every provider's package. Piper's and Kokoro's bring GPL-3.0 code: mind that before you
# hand such an image on.

FROM node:22-bookworm-slim AS portals
WORKDIR /portals
COPY store-portal store-portal
RUN npm --prefix store-portal ci --ignore-scripts --no-audit --no-fund && npm --prefix store-portal run build
COPY user-portal user-portal
RUN npm --prefix user-portal ci --ignore-scripts --no-audit --no-fund && npm --prefix user-portal run build

FROM python:3.11-slim-bookworm AS lean-packages
ARG REQUIREMENTS=base
WORKDIR /build
COPY requirements requirements
COPY deploy/docker/lean.py lean.py
RUN python -m venv /opt/storeline && /opt/storeline/bin/pip install --no-cache-dir --require-hashes -r requirements/pip.txt
RUN python lean.py requirements/$REQUIREMENTS.txt > lean.txt \
    && /opt/storeline/bin/pip install --no-cache-dir --require-hashes -r lean.txt
COPY server server
COPY telephony telephony
COPY pipelines pipelines
COPY auth auth
# The root file system is read-only later, so nothing could be compiled then.
RUN /opt/storeline/bin/python -m compileall -q -j 0 server telephony pipelines auth

FROM lean-packages AS embedded-packages
RUN /opt/storeline/bin/pip install --no-cache-dir --require-hashes -r requirements/$REQUIREMENTS.txt

FROM python:3.11-slim-bookworm AS base
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin storeline \
    && install --directory --owner=storeline --mode=0700 /data
WORKDIR /app
COPY sql sql
COPY deploy/docker/healthy.py deploy/docker/healthy.py
COPY --from=portals /portals/store-portal/dist store-portal/dist
COPY --from=portals /portals/user-portal/dist user-portal/dist
ENV PATH=/opt/storeline/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    HOST=0.0.0.0 \
    DATA_DIR=/data \
    HOME=/tmp \
    LOGNAME=storeline \
    NUMBA_CACHE_DIR=/tmp/numba
USER 10001
VOLUME /data
EXPOSE 8080
# Ten seconds after the start it may still be loading models.
HEALTHCHECK --interval=10s --timeout=4s --start-period=60s CMD ["python", "deploy/docker/healthy.py"]
STOPSIGNAL SIGTERM
CMD ["python", "-m", "server", "run"]

FROM base AS lean
COPY --from=lean-packages /opt/storeline /opt/storeline
COPY --from=lean-packages /build/auth auth
COPY --from=lean-packages /build/pipelines pipelines
COPY --from=lean-packages /build/telephony telephony
COPY --from=lean-packages /build/server server

FROM base AS embedded
COPY --from=embedded-packages /opt/storeline /opt/storeline
COPY --from=embedded-packages /build/auth auth
COPY --from=embedded-packages /build/pipelines pipelines
COPY --from=embedded-packages /build/telephony telephony
COPY --from=embedded-packages /build/server server
