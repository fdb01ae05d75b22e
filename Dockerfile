# superher in an image that holds nothing but the program and the root certificates.
#
#   docker build --tag superher .
#   docker run --publish 8080:8080 --volume superher:/data superher
#
# It listens on every address, so there is no development issuer: people sign in
# where SUPERHER_OIDC_ISSUER says, see docs/configuration.md.
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/superher ./server/cmd/superher \
 && mkdir -p /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/superher /superher
# A new volume takes over who owns the folder.
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
ENV SUPERHER_ADDR=0.0.0.0:8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s CMD ["/superher", "healthcheck"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/superher"]
CMD ["serve"]
