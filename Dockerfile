# One stage builds every binary in one cargo run, one target a service holds its binary and nothing else:
# the binaries are static, so the images start from nothing.
#
#   docker compose up --build --wait            all of them, wired to each other
#   docker compose build activities             one of them
#
# It needs BuildKit, and no frontend beyond the one that is built into the engine.

FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
# Compiled dependencies and cargo's downloads stay in cache mounts, apart from the sources: a changed source file compiles
# this workspace and nothing else. Cargo goes by modification times, and the cache outlives any one checkout, so
# every source of ours is made newer than what the cache holds.
#
# `--target` keeps `crt-static` off build scripts and procedural macros, which cannot be static.
ENV RUSTFLAGS="-C target-feature=+crt-static"
RUN --mount=type=cache,id=cruddur-registry,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,id=cruddur-target,target=/build/target,sharing=locked \
    find crates services tests -type f -exec touch {} + && \
    host="$(rustc -vV | sed -n 's/^host: //p')" && \
    cargo build --release --locked --target "$host" \
        -p activities -p users -p notifications -p explorer -p load && \
    mkdir -p /out/data && \
    for binary in activities users notifications explorer load; do \
        cp "target/$host/release/$binary" /out/ || exit 1; \
    done

# What every image has: the certificate authorities, a user without rights, a folder that it may write to.
FROM scratch AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=10001:10001 /out/data /data
USER 10001:10001
WORKDIR /data

# What every service has on top.
FROM base AS service
ENV HOST=0.0.0.0 CRUDDUR_DATA=/data EXPLORER_HOST=0.0.0.0 EXPLORER_DATA=/data
STOPSIGNAL SIGTERM

FROM service AS activities
COPY --from=build /out/activities /activities
EXPOSE 4567
HEALTHCHECK --interval=3s --timeout=3s --start-period=30s --retries=5 CMD ["/activities", "healthcheck"]
ENTRYPOINT ["/activities"]

FROM service AS users
COPY --from=build /out/users /users
EXPOSE 4568
HEALTHCHECK --interval=3s --timeout=3s --start-period=30s --retries=5 CMD ["/users", "healthcheck"]
ENTRYPOINT ["/users"]

FROM service AS notifications
COPY --from=build /out/notifications /notifications
EXPOSE 4569
HEALTHCHECK --interval=3s --timeout=3s --start-period=30s --retries=5 CMD ["/notifications", "healthcheck"]
ENTRYPOINT ["/notifications"]

FROM service AS explorer
COPY --from=build /out/explorer /explorer
EXPOSE 4318 4317
HEALTHCHECK --interval=3s --timeout=3s --start-period=30s --retries=5 CMD ["/explorer", "healthcheck"]
ENTRYPOINT ["/explorer"]

FROM base AS load
COPY --from=build /out/load /load
ENTRYPOINT ["/load"]
