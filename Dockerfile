# One image for each executable: chat-server, replication-log and chatctl.
#
#     docker build --target chat-server --tag chat-server .
#
# The builder has Swift and the headers of the C libraries; an image has those libraries and one stripped
# executable. Nothing here needs BuildKit, a shell in the image, a writable root file system or root.
ARG SWIFT_IMAGE=swift:6.3-bookworm

FROM ${SWIFT_IMAGE} AS builder
# Debian's mirrors keep only a package's newest version: a pinned one would soon be gone.
# hadolint ignore=DL3008
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        libevent-dev libhiredis-dev libsodium-dev libsqlite3-dev libssl-dev pkg-config libjs-chart.js \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY Package.swift ./
COPY Sources Sources
# The pages are compiled into the services.
COPY web web
# The package names its test targets, so their folders must be there; they are not built.
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product replication-log \
    && swift build -c release --static-swift-stdlib --product chat-server \
    && swift build -c release --static-swift-stdlib --product chatctl \
    && mkdir -p /out/data \
    && strip --strip-all -o /out/replication-log .build/release/replication-log \
    && strip --strip-all -o /out/chat-server .build/release/chat-server \
    && strip --strip-all -o /out/chatctl .build/release/chatctl

FROM debian:bookworm-slim AS runtime
# hadolint ignore=DL3008
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        libevent-2.1-7 libhiredis0.14 libsodium23 libsqlite3-0 libssl3 libstdc++6 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log
# Numbers, so that Kubernetes can see that it is not root.
USER 10001:10001
STOPSIGNAL SIGTERM

FROM runtime AS replication-log
COPY --from=builder --chown=10001:10001 /out/data /data
COPY --from=builder /out/replication-log /usr/local/bin/
ENV DATA_DIR=/data
VOLUME ["/data"]
EXPOSE 8100
HEALTHCHECK --interval=5s --timeout=3s --start-period=1m CMD ["replication-log", "--health"]
ENTRYPOINT ["replication-log"]
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="replication-log" \
      org.opencontainers.image.description="Orders every write of a chat cluster and makes it durable" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

FROM runtime AS chatctl
COPY --from=builder /out/chatctl /usr/local/bin/
ENTRYPOINT ["chatctl"]
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="chatctl" \
      org.opencontainers.image.description="Uses and looks after a chat cluster" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

# The last stage is what a build without --target makes.
FROM runtime AS chat-server
COPY --from=builder /out/chat-server /usr/local/bin/
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=3s --start-period=1m CMD ["chat-server", "--health"]
ENTRYPOINT ["chat-server"]
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="chat-server" \
      org.opencontainers.image.description="Holds the connections and the conversation of a chat cluster" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
