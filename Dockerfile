# The program, static, and the certificates that sources by HTTPS need; no more.
#
#   docker build --build-arg VERSION=$(git describe --tags --always) -t hlspeer .
#   docker run --rm --network host hlspeer peer https://example.com/live/index.m3u8
#
# docs/operator.md tells of ports and settings.
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /out/hlspeer ./cmd/hlspeer

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/hlspeer /usr/bin/hlspeer
USER 65532:65532
# All connections to peers, so that one port can be published. The proxy for players
# and the tracker are the others.
ENV HLSPEER_UDP_PORT=7072
EXPOSE 7072/udp 8090 7070
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["/usr/bin/hlspeer", "healthcheck"]
ENTRYPOINT ["/usr/bin/hlspeer"]
