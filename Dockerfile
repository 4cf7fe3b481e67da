# The command mcpmount, alone: no shell, no package, nobody's root.
#
#   docker build -t mcpmount .
#   docker run --rm --read-only -p 127.0.0.1:8080:8080 mcpmount demo --listen :8080 --allow-unauthenticated
#
# The version is that of the clone, from its .git.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags="-s -w" -o /out/mcpmount ./cmd/mcpmount

FROM scratch
LABEL org.opencontainers.image.title="mcpmount" \
      org.opencontainers.image.description="Gives an HTTP API that already exists a second interface, MCP" \
      org.opencontainers.image.source="https://github.com/mcpmount/mcpmount" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /src/LICENSE /LICENSE
COPY --from=build /out/mcpmount /bin/mcpmount
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/bin/mcpmount"]
CMD ["--help"]
